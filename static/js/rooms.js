// A room that stands open: it follows the newest word, keeps the reader's place, and says how far was read.
(function () {
  var text = function () { return document.getElementById('text'); };
  // How far the end of what was said lies under the edge of what is seen, where the menu of phones begins.
  function below() {
    var place = document.querySelector('.wf-talking'), tabs = document.querySelector('.wf-tabs');
    return place.getBoundingClientRect().bottom - (innerHeight - (tabs ? tabs.offsetHeight : 0)) + 8;
  }
  function atTheEnd() { return below() < 120; }
  function toTheEnd() { if (below() > 0) { scrollBy(0, below()); } }

  // The line to write on grows with the words. Enter sends where there is a keyboard; with Shift it begins a line.
  document.addEventListener('keydown', function (event) {
    if (event.target !== text() || event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) { return; }
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // What came is put at the end: who reads the end follows it, who reads further up stays where he is.
  var follows = false;
  document.addEventListener('htmx:before:swap', function (event) {
    var target = event.detail.ctx && event.detail.ctx.target;
    if (target && (target.id === 'more' || target.id === 'compose')) { follows = follows || atTheEnd() || target.id === 'compose'; }
  });
  document.addEventListener('htmx:after:swap', function (event) {
    var target = event.detail.ctx && event.detail.ctx.target, compose = document.getElementById('compose');
    if (!target || (target.id !== 'more' && target.id !== 'compose')) { return; }
    if (compose && compose.hasAttribute('data-said')) {
      compose.removeAttribute('data-said');
      text().focus({ preventScroll: true });
      htmx.trigger(document.getElementById('more'), 'said');
    }
    if (follows && target.id === 'more') { toTheEnd(); follows = false; }
    seen();
  });

  // Only what stands on a page that is looked at counts as read.
  var told = Number((document.getElementById('more') || { dataset: {} }).dataset.last || 0);
  function seen() {
    var more = document.getElementById('more'), last = more && Number(more.dataset.last);
    if (!more || document.visibilityState !== 'visible' || last <= told) { return; }
    told = last;
    var form = new FormData();
    form.append('upto', last);
    form.append('csrf_token', document.querySelector('meta[name="csrf-token"]').content);
    fetch(more.dataset.read, { method: 'POST', body: form, credentials: 'same-origin' });
  }
  document.addEventListener('visibilitychange', seen);
  if (!location.hash && !new URLSearchParams(location.search).has('before')) { toTheEnd(); }
})();
