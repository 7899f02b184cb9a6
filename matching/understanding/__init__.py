"""Understands an order in free words. The door is `matching.understanding.order_text.understand`."""

from matching.understanding.order_text import prepare, understand
from matching.understanding.readings import Reading, Understanding

__all__ = ["Reading", "Understanding", "prepare", "understand"]
