// What every page does: colours, the CSRF header of htmx, notices, the live pill, dialogs, copying.
(function () {
  var root = document.documentElement, body = document.body;

  // Colours: the button in the foot remembers the choice on this device.
  document.querySelectorAll('[data-theme-toggle]').forEach(function (button) {
    button.hidden = false;
    button.addEventListener('click', function () {
      var next = root.dataset.bsTheme === 'dark' ? 'light' : 'dark';
      root.dataset.bsTheme = next;
      try { localStorage.setItem('weft-theme', next); } catch (refused) { return; }
    });
  });

  // htmx does not inherit headers, so every request of our own that changes something gets the token here.
  document.addEventListener('htmx:config:request', function (event) {
    var token = document.querySelector('meta[name="csrf-token"]'), request = event.detail.ctx.request;
    if (token && !/^(get|head)$/i.test(request.method)) { request.headers['X-CSRFToken'] = token.content; }
  });

  // A page-sized error answer is never poured into a small place: its headline becomes a notice instead.
  document.addEventListener('htmx:response:error', function (event) {
    var ctx = event.detail.ctx;
    if (!/^\s*<!doctype/i.test(ctx.text || '')) { return; }
    ctx.swap = 'none';
    var page = new DOMParser().parseFromString(ctx.text, 'text/html'), headline = page.querySelector('h1'), advice = page.querySelector('.wf-lost > h1 + p');
    notify(headline ? headline.textContent.trim() : body.dataset.wordFailed, 'bad', advice && advice.textContent.trim());
  });
  document.addEventListener('htmx:error', function (event) {
    if (event.detail.ctx) { notify(body.dataset.wordFailed, 'bad'); }
  });

  // A live place waits with its news while a dialog in it stands open, so that nothing closes under anybody's hands.
  ['htmx:before:request', 'htmx:before:swap'].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var place = event.detail.ctx && event.detail.ctx.sourceElement;
      if (!place || !place.matches || !place.matches('[data-live]') || !place.querySelector('dialog[open]')) { return; }
      event.preventDefault();
      place.dataset.live = 'waiting';
    });
  });
  document.addEventListener('close', function (event) {
    var place = event.target.closest && event.target.closest('[data-live="waiting"]');
    if (place) { place.dataset.live = ''; htmx.trigger(place, 'again'); }
  }, true);

  // A live place that is changed in part (outerMorph) leaves alone what its reader opened, and forms that he began.
  htmx.registerExtension('weft', {
    htmx_before_morph_attr: function (element, detail) { return !(detail.attrName === 'open' && element.matches('details')); },
    htmx_before_morph_node: function (element) {
      return !(element.matches && element.matches('form') && (element.contains(document.activeElement) || Array.from(element.elements).some(changed)));
    }
  });
  function changed(control) { return 'defaultValue' in control && control.type !== 'hidden' && control.tagName !== 'OUTPUT' && control.value !== control.defaultValue; }

  // data-news: what a live place says when it has changed by itself.
  document.addEventListener('htmx:after:swap', function (event) {
    var ctx = event.detail.ctx, place = ctx && ctx.sourceElement;
    if (place && place.dataset && place.dataset.news && ctx.sourceEvent && ctx.sourceEvent.type !== 'opened') { notify(place.dataset.news, 'ok'); }
  });

  document.addEventListener('htmx:before:request', function (event) { if (!event.defaultPrevented) { busy(event.detail.ctx, true); } });
  document.addEventListener('htmx:finally:request', function (event) { busy(event.detail.ctx, false); });
  function busy(ctx, on) {
    var target = ctx.target;
    if (!target || !target.setAttribute || target.id === 'live') { return; }
    if (on) { target.setAttribute('aria-busy', 'true'); } else { target.removeAttribute('aria-busy'); }
  }

  // Notices: one line above the thumb bar that goes away by itself, or by a press.
  function notify(words, kind, advice) {
    var place = document.getElementById('notices');
    if (!place || !words) { return; }
    var line = document.createElement('button');
    line.type = 'button';
    line.className = 'wf-toast ' + (kind || '');
    var first = document.createElement(advice ? 'b' : 'span'), second = document.createElement('span');
    first.textContent = words;
    second.textContent = advice || '';
    line.append(first, second);
    line.addEventListener('click', function () { line.remove(); });
    place.append(line);
    setTimeout(function () { line.remove(); }, 9000);
  }

  // The live pill counts what arrived and moves nothing; pressing it loads the list. One that leads to a single thing
  // is silent about others.
  function pill(name, subject) {
    document.querySelectorAll('[data-pill~="' + CSS.escape(name) + '"]').forEach(function (element) {
      var own = /\/([0-9a-f-]{36})$/.exec(element.getAttribute('href'));
      if (own && subject && own[1] !== subject) { return; }
      var count = Number(element.dataset.count || 0) + 1;
      element.dataset.count = count;
      element.textContent = (count === 1 ? element.dataset.one : element.dataset.many).replace('{n}', count);
      element.hidden = false;
    });
  }
  new Set(Array.from(document.querySelectorAll('[data-pill]')).flatMap(function (element) {
    return element.dataset.pill.split(/\s+/);
  })).forEach(function (name) { document.addEventListener(name, function (event) { pill(name, event.detail && event.detail.data); }); });

  // Dialogs: data-open="id" opens one, data-close closes the one around it, and so does a press outside.
  document.addEventListener('click', function (event) {
    var opener = event.target.closest('[data-open]'), closer = event.target.closest('[data-close]'), copier = event.target.closest('[data-copy]');
    if (opener) {
      var dialog = document.getElementById(opener.dataset.open);
      if (dialog && !dialog.open) { event.preventDefault(); dialog.showModal(); }
    } else if (closer) {
      var around = closer.closest('dialog');
      if (around) { event.preventDefault(); around.close(); }
    } else if (event.target.matches('dialog.wf-dialog')) {
      event.target.close();
    }
    if (copier && navigator.clipboard) {
      navigator.clipboard.writeText(copier.dataset.copy).then(function () { notify(body.dataset.wordCopied, 'ok'); });
    }
  });

  // data-fold="id" shows and hides what the look folds away on phones.
  document.addEventListener('click', function (event) {
    var fold = event.target.closest('[data-fold]');
    if (fold) { fold.setAttribute('aria-expanded', String(fold.getAttribute('aria-expanded') !== 'true')); }
  });

  // An address that points to folded details opens them.
  function openTarget() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1))), details = target && target.closest('details');
    if (details && !details.open) { details.open = true; details.scrollIntoView(); }
  }
  openTarget();
  window.addEventListener('hashchange', openTarget);

  // An error summary takes the focus, so that it is read out and the keyboard starts there.
  function focusSummary(within) {
    var summary = within.querySelector('[data-error-summary]');
    if (summary) { summary.focus(); }
  }
  focusSummary(document);
  document.addEventListener('htmx:after:swap', function (event) {
    var target = event.detail.ctx && event.detail.ctx.target;
    if (target && target.querySelector) { focusSummary(target); }
  });
})();
