"""What the worker does about the payment provider by itself, every minute."""

from typing import Final

from market.payments.calls import try_calls_again
from market.payments.inbox import try_news_again
from market.payments.silence import look_at_the_silent

SWEEPS: Final = (try_calls_again, try_news_again, look_at_the_silent)
