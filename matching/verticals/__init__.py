"""The words of each trade: one YAML file a vertical, read and checked by `matching.verticals.pack`.

Adding a vertical means adding one file here. The form, the parser, the matcher and the search all read it.
"""
