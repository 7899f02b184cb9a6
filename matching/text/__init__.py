"""How well texts match: words (BM25 with Chinese character pairs), meaning (vectors), and both together.

`matcher.TextMatcher` is what the ranker and the search use; `tokens` cuts texts into words; `lexical` scores words.
"""
