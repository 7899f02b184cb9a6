"""What the page scripts promise, tried in a real browser under the product's policy."""

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.look.conftest import OpenGallery

ADD_BUTTON = """([address]) => {
  const button = document.createElement('button');
  button.setAttribute('hx-post', address);
  button.setAttribute('hx-target', '#answer');
  button.id = 'ask';
  const answer = document.createElement('p');
  answer.id = 'answer';
  answer.textContent = 'as it was';
  document.querySelector('main').prepend(button, answer);
  htmx.process(button);
}"""


SHOW_PLACE = """async () => {
  const holder = document.createElement('div');
  holder.innerHTML = await (await fetch('/place')).text();
  document.querySelector('main').prepend(holder);
  htmx.process(holder);
}"""
# Each event comes that many milliseconds after the one before; an answer takes 500.
TELL_NEWS = """async (pauses) => {
  for (const pause of pauses) {
    await new Promise((done) => setTimeout(done, pause));
    htmx.trigger(document.querySelector('#main'), 'order');
  }
  return Date.now();
}"""
ASKED_SINCE = "(last) => Number(document.querySelector('#place').dataset.asked) >= last"


def ask(page: Page, address: str) -> None:
    """Press an htmx button that posts to the address."""
    page.evaluate(ADD_BUTTON, [address])
    page.click("#ask")


def test_htmx_sends_the_csrf_token_although_it_inherits_nothing(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    ask(page, "/echo")
    expect(page.locator("#answer")).to_have_text("token token-of-this-session")


def test_full_error_page_becomes_a_notice_and_what_was_there_stays(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    ask(page, "/fail")
    expect(page.locator("#notices .wf-toast")).to_contain_text("Too many tries in a short time")
    expect(page.locator("#answer")).to_have_text("as it was")


def test_event_of_the_stream_counts_in_the_pill_and_moves_nothing(open_gallery: OpenGallery) -> None:
    quiet = open_gallery("/components?role=factory", phone=True)
    assert quiet.locator(".wf-pill").is_hidden()
    before = quiet.locator("h1").bounding_box()
    page = open_gallery("/components?role=factory&live=1", phone=True)
    pill = page.locator(".wf-pill")
    expect(pill).to_be_visible()
    expect(pill).to_contain_text("new lead")
    assert page.locator("h1").bounding_box() == before


def test_the_stream_is_heard_however_late_a_script_arrives(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=factory", phone=True)

    def late(route: Route) -> None:
        page.wait_for_timeout(400)
        route.continue_()

    page.route("**/hx-sse.min.js*", late)
    page.goto("/components?role=factory&live=1")
    expect(page.locator(".wf-pill")).to_be_visible()


def test_correcting_what_was_read_makes_it_the_readers_own(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    field = page.locator(".wf-field", has=page.locator("#product"))
    expect(field).to_contain_text("from “cashmere crew necks”")
    page.fill("#product", "Cardigans")
    expect(page.locator("#product")).to_have_class("form-control is-edited")
    expect(field.locator("[data-when=edited]")).to_be_visible()
    expect(field.locator("[data-when=read]")).to_be_hidden()


def test_typed_words_survive_leaving_the_page_and_are_dropped_once_sent(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    page.fill("#say", "300 pcs crew necks")
    page.goto("/error/404?role=seller")
    page.goto("/components?role=seller")
    expect(page.locator("#say")).to_have_value("300 pcs crew necks")
    page.get_by_role("button", name="Post and join the pool").click()
    page.goto("/error/404?role=seller")
    page.goto("/components?role=seller")
    expect(page.locator("#say")).to_have_value("")


def test_pressing_twice_sends_once(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.fill("#say", "300 pcs")
    with page.expect_navigation():
        page.evaluate(
            "() => { for (const _ of [1, 2]) { document.querySelector('form[data-keep]').requestSubmit(); } }"
        )
    page.wait_for_load_state("networkidle")
    assert len(sent) == 1


def test_chosen_colours_are_there_before_the_first_paint_of_the_next_page(open_gallery: OpenGallery) -> None:
    page = open_gallery("/?role=seller")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "light"
    page.get_by_role("button", name="Dark colours").click()
    page.goto("/components?role=seller")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert page.evaluate("document.querySelector('head script').src.includes('js/theme.js')")


def test_too_large_file_is_refused_before_it_is_sent(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    page.evaluate("document.querySelector('#pack').dataset.most = 10")
    page.set_input_files("#pack", files=[FilePayload(name="spec.pdf", mimeType="application/pdf", buffer=b"x" * 99)])
    assert "spec.pdf" in page.locator("[data-files]").inner_text()
    assert not page.evaluate("document.querySelector('#pack').checkValidity()")


def test_error_summary_takes_the_focus_and_leads_to_the_fields(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller&faulty=1")
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    page.get_by_role("link", name="Quantity").click()
    assert page.url.endswith("#quantity")
    assert page.locator("#quantity").get_attribute("aria-invalid") == "true"


def test_searched_lists_that_htmx_brings_anew_are_searched_again(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller")
    page.wait_for_selector(".ts-control")
    page.evaluate("document.querySelector('form[data-keep]').replaceWith(document.createElement('section'))")
    page.evaluate(ADD_BUTTON, ["/lists"])
    page.locator("#ask").evaluate("button => { button.setAttribute('hx-swap', 'outerHTML'); htmx.process(button); }")
    for _time in range(2):
        page.evaluate("(document.querySelector('#region') || document.body).style.order = '1'")
        page.click("#ask")
        page.wait_for_load_state("networkidle")
        expect(page.locator("#answer .ts-control")).to_have_count(2)
        expect(page.locator("#answer select.tomselected")).to_have_count(2)


def test_what_was_searched_for_is_gone_and_the_list_closed_once_one_is_picked(open_gallery: OpenGallery) -> None:
    page = open_gallery("/components?role=seller", phone=True)
    box = page.locator(".wf-field:has(#processes)")
    box.locator(".ts-control input").fill("Process 17")
    box.locator(".ts-dropdown .option", has_text="17").first.click()
    expect(box.locator(".ts-control .item")).to_contain_text("Process 17")
    expect(box.locator(".ts-control input")).to_have_value("")
    page.wait_for_timeout(400)  # longer than any pause after which the list could open again
    expect(box.locator(".ts-dropdown")).to_be_hidden()


@pytest.mark.parametrize("pauses", [[0], [0, 100], [0, 450, 60], [0, 500, 505, 1]])
def test_live_place_shows_the_state_after_the_last_news(open_gallery: OpenGallery, pauses: list[int]) -> None:
    page = open_gallery("/components?role=seller")
    page.evaluate(SHOW_PLACE)
    last = page.evaluate(TELL_NEWS, pauses)
    page.wait_for_function(ASKED_SINCE, arg=last, timeout=10_000)


@pytest.mark.parametrize("opened_after", [0, 250], ids=["before the news", "while the answer comes"])
def test_live_place_waits_for_an_open_dialog_and_then_shows_the_news(
    open_gallery: OpenGallery, opened_after: int
) -> None:
    page = open_gallery("/components?role=seller")
    page.evaluate(SHOW_PLACE)
    opener, closer = page.locator("#place [data-open]"), page.locator("#sure [data-close]")
    if not opened_after:
        opener.click()
    last = page.evaluate(TELL_NEWS, [0])
    if opened_after:
        page.wait_for_timeout(opened_after)
        opener.click()
    page.wait_for_timeout(700)  # longer than an answer takes
    assert closer.is_visible()
    closer.click()
    page.wait_for_function(ASKED_SINCE, arg=last, timeout=10_000)
    assert page.locator("#place").get_attribute("aria-busy") is None
