"""Text to vectors: our own bilingual static encoder, and the door for any other sentence-transformers model.

`load.load_embedder(setting)` gives the embedder that a setting names. `static_encoder` serves our model with numpy and
tokenizers, without torch. `training` (torch, sentence-transformers) makes that model from the vertical packs; only the
command `train-encoder` needs it. The shipped model lies in `model/`.
"""
