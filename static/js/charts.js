// Charts read their numbers from the HTML table beside them (data-table), so the page holds no inline script and says
// the same without JavaScript. The legend is HTML as well; colours come from tokens.css.
(function () {
  var own = document.currentScript;
  function token(name) { return getComputedStyle(document.body).getPropertyValue('--w-' + name).trim(); }
  function number(text) { var digits = text.replace(/[^\d.−-]/g, '').replace('−', '-'); return /\d/.test(digits) ? parseFloat(digits) : null; }

  // A table as the chart reads it: a row is a week with its name, its numbers and what was special about it.
  function read(table) {
    return Array.from(table.tBodies[0].rows, function (row) {
      var cells = Array.from(row.cells, function (cell) { return cell.textContent.trim(); });
      return { name: cells[0], sold: number(cells[1]), mean: number(cells[2]), low: number(cells[3]), high: number(cells[4]), promoted: 'promoted' in row.dataset, out: Number(row.dataset.out || 0), cells: cells };
    });
  }

  function axes(weeks) {
    var ink = token('ink-2'), label = { color: ink, fontSize: 12, hideOverlap: true };
    return {
      xAxis: { type: 'category', data: weeks.map(function (week) { return week.name; }), boundaryGap: false, axisTick: { show: false }, axisLine: { lineStyle: { color: token('line-strong') } }, axisLabel: Object.assign({ alignMinLabel: 'left', alignMaxLabel: 'right' }, label) },
      yAxis: [
        { type: 'value', min: 0, minInterval: 1, splitNumber: 4, axisLine: { show: false }, axisTick: { show: false }, axisLabel: label, splitLine: { lineStyle: { color: token('line') } } },
        { type: 'value', min: 0, max: 1, show: false }
      ]
    };
  }

  // What was sold and what is expected, with the band in which eight of ten outcomes should lie. The forecast begins at
  // the last week that is known, so that nothing hangs in the air; a line marks that moment.
  function band(weeks, figure) {
    var first = weeks.findIndex(function (week) { return week.mean !== null; });
    var last = first < 0 ? weeks.length - 1 : first - 1, known = last >= 0 ? weeks[last].sold : null;
    var coming = function (name) { return weeks.map(function (week, place) { return place === last ? known : place > last ? week[name] : null; }); };
    var low = coming('low'), high = coming('high');
    var hidden = { type: 'line', silent: true, symbol: 'none', lineStyle: { opacity: 0 }, stack: 'band', emphasis: { disabled: true } };
    var marked = weeks.map(function (week) { return week.sold === null ? null : { value: week.sold, symbol: week.promoted ? 'diamond' : 'circle', symbolSize: week.promoted ? 12 : 5, itemStyle: week.promoted ? { color: token('c5') } : {} }; });
    var option = axes(weeks);
    option.series = [
      { type: 'bar', silent: true, yAxisIndex: 1, barWidth: '100%', itemStyle: { color: token('line') }, data: weeks.map(function (week) { return week.out ? { value: 1, itemStyle: { opacity: Math.min(0.25 + week.out / 8, 1) } } : null; }) },
      Object.assign({ data: low }, hidden),
      Object.assign({ data: high.map(function (value, place) { return value === null ? null : value - low[place]; }), areaStyle: { color: token('band'), opacity: 1 } }, hidden),
      { type: 'line', data: marked, color: token('c1'), lineStyle: { width: 2 }, showAllSymbol: true, showSymbol: weeks.length < 80 || weeks.some(function (week) { return week.promoted; }), emphasis: { disabled: true } },
      { type: 'line', data: coming('mean'), symbol: 'none', color: token('c2'), lineStyle: { width: 2.5, type: [6, 4] }, emphasis: { disabled: true } }
    ];
    if (first >= 0 && last >= 0) {
      option.series.push({ type: 'line', silent: true, yAxisIndex: 1, symbol: 'none', lineStyle: { color: token('line-strong'), width: 1 }, data: [[weeks[last].name, 0], { value: [weeks[last].name, 1], symbol: 'circle', symbolSize: 1, label: { show: true, position: 'top', distance: 4, formatter: figure.dataset.today, color: token('ink-2'), fontSize: 12 } }], emphasis: { disabled: true } });
    }
    return option;
  }

  // What probabilities said across, what closed upwards: a dot for each bin as large as its leads are many, the bar its
  // interval. The cells are bin, n, says, won, closes, interval.
  function calibration(bins, figure) {
    var ink = token('ink-2'), rows = bins.map(function (bin) { var ends = bin.cells[5].split('–'); return { n: number(bin.cells[1]), says: number(bin.cells[2]), closes: number(bin.cells[4]), low: number(ends[0]), high: number(ends[1]) }; });
    var top = Math.min(100, Math.ceil(Math.max.apply(null, rows.map(function (row) { return Math.max(row.says, row.high); })) / 10) * 10 || 10);
    function axis(name) { return { type: 'value', min: 0, max: top, name: name, nameLocation: 'end', nameTextStyle: { color: ink, fontSize: 12, align: 'left', padding: [0, 0, 0, -24] }, axisLine: { lineStyle: { color: token('line-strong') } }, axisTick: { show: false }, axisLabel: { color: ink, fontSize: 12 }, splitLine: { lineStyle: { color: token('line') } } }; }
    var line = { type: 'line', silent: true, symbol: 'none', emphasis: { disabled: true } }, across = axis(figure.dataset.across);
    across.nameLocation = 'middle'; across.nameGap = 26; across.nameTextStyle = { color: ink, fontSize: 12 };
    return { grid: { left: 8, right: 24, top: 36, bottom: 28, containLabel: true }, xAxis: across, yAxis: axis(figure.dataset.up), series: [
      Object.assign({ data: [[0, 0], [top, top]], lineStyle: { color: token('line-strong'), type: 'dashed', width: 1.5 } }, line)
    ].concat(rows.map(function (row) {
      return Object.assign({ data: [[row.says, row.low], [row.says, row.high]], lineStyle: { color: token('c1'), width: 2, opacity: 0.6 } }, line);
    }), [{ type: 'line', silent: true, symbol: 'circle', showAllSymbol: true, lineStyle: { opacity: 0 }, color: token('c2'), emphasis: { disabled: true }, data: rows.map(function (row) { return { value: [row.says, row.closes], symbolSize: 7 + Math.min(18, Math.sqrt(row.n) / 2), label: { show: true, position: row.says > top * 0.8 ? 'left' : 'right', distance: 6, offset: [0, 10], formatter: 'n=' + row.n, color: ink, fontSize: 11 } }; }) }]) };
  }
  var kinds = { band: band, calibration: calibration };

  function option(figure, weeks) {
    var still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    return Object.assign({ animation: !still, animationDuration: 280, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, grid: { left: 4, right: 12, top: 28, bottom: 4, containLabel: true } }, kinds[figure.dataset.chart](weeks, figure));
  }

  // The week under the pointer, in the words of the table.
  function follow(chart, place, line, now) {
    var joint = line.dataset.joint;
    chart.getZr().on('mousemove', function (event) {
      if (!chart.containPixel('grid', [event.offsetX, event.offsetY])) { return; }
      var heads = Array.from(now().tHead.rows[0].cells, function (cell) { return cell.textContent.trim(); });
      var week = read(now())[Math.round(chart.convertFromPixel({ xAxisIndex: 0 }, event.offsetX))];
      if (!week) { return; }
      line.textContent = heads.map(function (head, cell) { var words = week.cells[cell]; return words && words !== '—' ? head + ' ' + words : ''; }).filter(Boolean).join(joint);
    });
    place.addEventListener('mouseleave', function () { line.textContent = line.dataset.rest; });
  }

  function draw(figure) {
    var place = figure.querySelector('.plot'), line = figure.querySelector('[data-rest]'), table = document.getElementById(figure.dataset.table);
    if (place.dataset.drawn || !place.clientWidth || !table) { return; }
    if (!window.echarts) { load(); return; }
    place.dataset.drawn = 'yes';
    var chart = echarts.init(place, null, { renderer: 'canvas' });
    function now() { return document.getElementById(figure.dataset.table); }
    function paint() { chart.setOption(option(figure, read(now())), true); }
    paint();
    if (line) { follow(chart, place, line, now); }
    // A live page changes the table under its chart.
    document.addEventListener('htmx:after:swap', function () {
      if (!figure.isConnected || !now()) { return; }
      if (line) { place.setAttribute('aria-label', line.dataset.rest); }
      paint();
    });
    new ResizeObserver(function () { chart.resize(); }).observe(place);
    new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });
  }

  // The library is large, so it is fetched when a chart is seen: one that is hidden, as in a list on phones, asks for
  // nothing until it gets a size.
  var script = null;
  function load() {
    if (script) { return; }
    script = document.createElement('script');
    script.src = own.dataset.library;
    script.addEventListener('load', function () { all(draw); });
    document.head.append(script);
  }
  function all(action) { document.querySelectorAll('.wf-chart').forEach(action); }
  var seen = new WeakSet();
  function watch(figure) {
    if (seen.has(figure)) { return; }
    seen.add(figure);
    new ResizeObserver(function () { draw(figure); }).observe(figure.querySelector('.plot'));
  }
  all(watch);
  document.addEventListener('htmx:after:swap', function () { all(watch); });
})();
