// Runs before the first paint, so that a chosen theme does not flash in late.
// It is a classic script for that reason only.
try {
  document.documentElement.dataset.theme = JSON.parse(localStorage.getItem('postroom.theme'));
} catch { /* storage is off: follow the system */ }
