// Runs before the first paint: the reader's own choice of colours, else the device's, unless the server fixed one.
(function () {
  var root = document.documentElement;
  if ('themeFixed' in root.dataset) { return; }
  var chosen = null;
  try { chosen = localStorage.getItem('weft-theme'); } catch (refused) { chosen = null; }
  var dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.bsTheme = dark ? 'dark' : 'light';
})();
