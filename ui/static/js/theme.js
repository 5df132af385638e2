// Runs before the first paint, so that a chosen theme does not flash in late.
// It is a classic script for that reason only.
{
  let theme = null;
  try { theme = localStorage.getItem('postroom.theme'); } catch { /* storage is off: follow the system */ }
  if (theme === '"light"' || theme === '"dark"') document.documentElement.dataset.theme = JSON.parse(theme);
}
