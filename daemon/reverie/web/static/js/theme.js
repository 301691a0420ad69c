/**
 * Dark hall or bright office: as the system says, unless a visitor has chosen.
 */

const KEPT = 'reverie-theme';
/** @typedef {'auto' | 'dark' | 'bright'} Theme */
/** @type {readonly Theme[]} */
export const THEMES = ['auto', 'dark', 'bright'];

/** What the visitor chose. @returns {Theme} */
export const chosenTheme = () => {
  try {
    return THEMES.find((one) => one === localStorage.getItem(KEPT)) ?? 'auto';
  } catch {
    return 'auto';
  }
};

/** @param {Theme} theme */
export const showTheme = (theme) => {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new Event('rv-theme'));
};

/** @param {Theme} theme */
export const chooseTheme = (theme) => {
  try {
    localStorage.setItem(KEPT, theme);
  } catch {
    // It holds for this visit.
  }
  showTheme(theme);
};

/**
 * Be called whenever colours change. What comes back ends it.
 *
 * @param {() => void} listener
 * @returns {() => void}
 */
export const onTheme = (listener) => {
  const system = matchMedia('(prefers-color-scheme: light)');
  document.addEventListener('rv-theme', listener);
  system.addEventListener('change', listener);
  return () => {
    document.removeEventListener('rv-theme', listener);
    system.removeEventListener('change', listener);
  };
};
