// What every form does: one submit at a time, typed words kept, corrections marked, files checked, long lists searched.
(function () {
  var own = document.currentScript, body = document.body;

  // One press, one request. Coming back to the page makes the button ready again.
  document.addEventListener('submit', function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== 'post' || form.matches('[hx-post],[hx-put],[hx-patch],[hx-delete]')) { return; }
    if (form.dataset.sending) { event.preventDefault(); return; }
    form.dataset.sending = 'yes';
    form.setAttribute('aria-busy', 'true');
    setTimeout(function () { ready(form); }, 8000);
  });
  function ready(form) { delete form.dataset.sending; form.removeAttribute('aria-busy'); }
  addEventListener('pageshow', function () { document.querySelectorAll('form[data-sending]').forEach(ready); });

  // data-submit sends the form as soon as a choice is made (switches, filters).
  document.addEventListener('change', function (event) {
    if (event.target.closest('[data-submit]') && event.target.form) { event.target.form.requestSubmit(); }
  });

  // A slider says where it stands in the <output> that its data-shown names, in the words around its number.
  document.addEventListener('input', function (event) {
    var shown = event.target.dataset && event.target.dataset.shown && document.getElementById(event.target.dataset.shown);
    if (shown) { shown.textContent = shown.textContent.replace(/[\d.]+/, event.target.value); }
  });

  // A field that was read for the reader becomes his own as soon as he changes it.
  document.addEventListener('input', function (event) {
    var control = event.target;
    if (!control.classList || !control.classList.contains('is-read')) { return; }
    control.classList.replace('is-read', 'is-edited');
    var field = control.closest('.wf-field');
    if (field) { field.classList.add('wf-in-thread'); field.dataset.state = 'edited'; }
  });

  // data-keep="name": what is typed stays on this device until the form went through.
  var prefix = 'weft-typed:', sent = 'weft-sent';
  function kept(control) { return control.name && !/^(password|hidden|file|submit|button)$/.test(control.type) && control.name !== 'csrf_token'; }
  function store(form) {
    var values = {};
    Array.from(form.elements).filter(kept).forEach(function (control) {
      if (/^(checkbox|radio)$/.test(control.type)) { (values[control.name] = values[control.name] || []).push(control.checked ? control.value : null); }
      else if (control.multiple) { values[control.name] = Array.from(control.selectedOptions, function (option) { return option.value; }); }
      else { values[control.name] = control.value; }
    });
    write(prefix + form.dataset.keep, JSON.stringify(values));
  }
  function restore(form) {
    var values = JSON.parse(read(prefix + form.dataset.keep) || 'null');
    if (!values || form.querySelector('[aria-invalid="true"]')) { return; }
    Array.from(form.elements).filter(kept).forEach(function (control) {
      var value = values[control.name];
      if (value === undefined) { return; }
      if (/^(checkbox|radio)$/.test(control.type)) { control.checked = value.indexOf(control.value) >= 0; }
      else if (control.multiple) { Array.from(control.options).forEach(function (option) { option.selected = value.indexOf(option.value) >= 0; }); }
      else if (!control.value) { control.value = value; }
    });
  }
  function read(key) { try { return sessionStorage.getItem(key); } catch (refused) { return null; } }
  function write(key, value) { try { if (value === null) { sessionStorage.removeItem(key); } else { sessionStorage.setItem(key, value); } } catch (refused) { return; } }
  var keeping = Array.from(document.querySelectorAll('form[data-keep]')), went = read(sent);
  // The form went through when the next page is a signed-in page without it; a sign-in page in between keeps the words.
  if (went && body.dataset.role !== 'public' && !keeping.some(function (form) { return form.dataset.keep === went; })) {
    write(prefix + went, null);
    write(sent, null);
  }
  // Words from the front page's box (?text=) begin anew; what was typed for another order stays out of them.
  var fresh = new URLSearchParams(location.search).get('text');
  keeping.forEach(function (form) {
    if (!fresh) { restore(form); }
    form.addEventListener('input', function () { store(form); });
    form.addEventListener('submit', function () { store(form); write(sent, form.dataset.keep); });
  });

  // Files: their names and sizes are shown, and one that is too large is refused before it is sent.
  document.addEventListener('change', function (event) {
    var input = event.target;
    if (!input.matches || !input.matches('[data-upload]')) { return; }
    var list = input.closest('.wf-upload').querySelector('[data-files]'), most = Number(input.dataset.most || 0);
    var large = Array.from(input.files).find(function (file) { return most && file.size > most; });
    input.setCustomValidity(large ? large.name + ' ' + body.dataset.wordLarge + ' ' + size(most) : '');
    list.replaceChildren.apply(list, Array.from(input.files).map(function (file) {
      var line = document.createElement('li');
      line.textContent = file.name + ' · ' + size(file.size);
      if (file === large) { line.className = 'wf-bad'; }
      return line;
    }));
    if (large) { input.reportValidity(); }
  });
  function size(bytes) { return bytes >= 1048576 ? (bytes / 1048576).toFixed(1) + ' MB' : Math.max(1, Math.round(bytes / 1024)) + ' KB'; }

  // Lists longer than twelve get a search box; its library is fetched only on pages that have such a list.
  function pickers(within) { return Array.from(within.querySelectorAll('select[data-pick]:not(.tomselected)')); }
  function enhance(within) {
    pickers(within).forEach(function (select) {
      if (select.labels.length) { select.setAttribute('aria-label', select.labels[0].textContent.trim()); }
      new TomSelect(select, {
        plugins: select.multiple ? ['remove_button'] : [], maxOptions: 600, allowEmptyOption: true, hideSelected: select.multiple, hidePlaceholder: true, refreshThrottle: 0,
        // The words that found it are done with, and the open list would lie over the button below.
        onItemAdd: function () { this.setTextboxValue(''); this.close(); },
        render: { no_results: function () { var line = document.createElement('div'); line.className = 'no-results'; line.textContent = select.dataset.none || ''; return line; } }
      });
    });
  }
  function load(within) {
    if (!pickers(within).length) { return; }
    if (window.TomSelect) { enhance(within); return; }
    var style = document.createElement('link'), script = document.createElement('script'), ours = document.querySelector('link[href*="css/tokens"]');
    style.rel = 'stylesheet';
    style.href = own.dataset.pickStyle;
    ours.before(style);
    script.src = own.dataset.pickScript;
    script.addEventListener('load', function () { enhance(document); });
    document.head.append(script);
  }
  load(document);
  // htmx copies the style attribute of an old element to the new one of the same id, which the policy forbids.
  document.addEventListener('htmx:before:swap', function (event) {
    var target = event.detail.ctx && event.detail.ctx.target;
    if (!target || !target.querySelectorAll) { return; }
    target.querySelectorAll('[id][style]').forEach(function (element) { element.removeAttribute('style'); });
  });
  document.addEventListener('htmx:after:swap', function () { load(document); });
})();
