"""The page that says how factories are ranked tells what the ranker that is live does."""

from dataclasses import replace

from sqlalchemy import update

from market.ranking.models import RankerVersion
from market.ranking.service import PRIOR, publish_ranker
from tests.market.site import Person
from tests.market.town import Town

LEARNED = replace(PRIOR, id="learned", evidence=1_286, calibrated=True)


def _page(operator: Person) -> str:
    answer = operator.get("/ranking")
    assert answer.status_code == 200
    return answer.text


def test_it_tells_what_outcomes_changed_and_what_stands_in_for_a_version_of_an_older_release(
    town: Town, operator: Person
) -> None:
    assert "列了证书却没有您要的那一个" in _page(operator)
    with town.work("operator") as work:
        publish_ranker(work, LEARNED, "encoder")
    learned = _page(operator)
    assert "它说没有您要的证书" in learned and "同类订单通常需要的" in learned and LEARNED.name in learned
    with town.work("operator") as work:
        work.session.execute(update(RankerVersion).values(parameters={"version": 1}))
    older = _page(operator)
    assert "列了证书却没有您要的那一个" in older and PRIOR.name in older
