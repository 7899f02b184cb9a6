"""Charts in a real browser under the product's policy: drawn from the table beside them, in both colour schemes."""

from playwright.sync_api import Page, expect

from tests.look.conftest import OpenGallery

# How many pixels of the picture are within 40 of a colour token, each channel.
PIXELS = """(token) => {
  const canvas = document.querySelector('.wf-chart canvas'), copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const wanted = copy.getContext('2d', { willReadFrequently: true });
  wanted.fillStyle = getComputedStyle(document.body).getPropertyValue('--w-' + token).trim();
  wanted.fillRect(0, 0, 1, 1);
  const colour = wanted.getImageData(0, 0, 1, 1).data;
  wanted.clearRect(0, 0, copy.width, copy.height);
  wanted.drawImage(canvas, 0, 0);
  const drawn = wanted.getImageData(0, 0, copy.width, copy.height).data;
  let count = 0;
  for (let place = 0; place < drawn.length; place += 4) {
    const near = [0, 1, 2].every((channel) => Math.abs(drawn[place + channel] - colour[channel]) < 40);
    count += near && drawn[place + 3] > 200 ? 1 : 0;
  }
  return count;
}"""


def painted(page: Page, token: str) -> int:
    page.locator(".wf-chart").scroll_into_view_if_needed()
    page.locator(".wf-chart canvas").wait_for()
    page.wait_for_timeout(400)
    return int(page.evaluate(PIXELS, token))


def test_sales_forecast_and_promotion_are_drawn(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    assert painted(page, "c1") > 300, "the line of what was sold"
    assert painted(page, "c2") > 100, "the dashed line of what is expected"
    assert painted(page, "c5") > 20, "the mark of the promotion"


def test_colours_follow_the_scheme(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller", phone=True)
    before = painted(page, "c1")
    page.locator("[data-theme-toggle]").click()
    assert painted(page, "c1") > before / 2, "drawn again in the colours of the dark scheme"


def test_the_week_under_the_pointer_is_told_in_the_words_of_the_table(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    painted(page, "c1")
    box = page.locator(".wf-chart canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.62, box["y"] + 100)
    expect(page.locator(".wf-chart .wf-at")).to_contain_text("Week from 9 Nov · Sold 1,071 · Note promotion")
    page.mouse.move(0, 0)
    expect(page.locator(".wf-chart .wf-at")).to_contain_text("120–1,071 sold a week over 16 weeks")


def test_the_numbers_stand_in_a_table_too(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    page.get_by_text("See the numbers").click()
    row = page.locator(".wf-chart tbody tr").nth(5)
    expect(row.locator("time")).to_have_attribute("datetime", "2026-09-07")
    expect(row).to_contain_text("120")
    expect(row).to_contain_text("5 days out of stock")


def test_a_page_without_a_chart_does_not_fetch_the_library(open_gallery: OpenGallery) -> None:
    asked: list[str] = []
    page = open_gallery("/sign-in")
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert asked
    assert not [address for address in asked if "echarts" in address]
    page.goto("/components?role=seller")
    page.locator(".wf-chart canvas").wait_for()
    assert [address for address in asked if "echarts" in address]
