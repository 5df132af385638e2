// Runs before the first paint, so that a chosen theme does not flash in late, and so that
// a page whose modules do not all come tries again, once, and then says so. It is a
// classic script for these reasons only.
try {
  document.documentElement.dataset.theme = JSON.parse(localStorage.getItem('postroom.theme'));
} catch { /* storage is off: follow the system */ }

addEventListener('error', ({ target }) => {
  if (target.type !== 'module') return;
  if (performance.getEntriesByType('navigation')[0].type !== 'reload') return location.reload();
  const again = document.createElement('a');
  again.href = location.href;
  again.textContent = 'Postroom could not be loaded whole: try again. · 未能完整加载，请重试。';
  document.querySelector('.topbar').append(again);
}, true);
