import { useState } from "preact/hooks";
import { MoonIcon, SunIcon, SystemIcon } from "../icons.tsx";
import { loadTheme, saveTheme, type Theme } from "../theme.ts";

const next: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const names: Readonly<Record<Theme, string>> = {
  system: "as the system",
  light: "light",
  dark: "dark",
};

export function ThemeToggle() {
  const [theme, setTheme] = useState(loadTheme);

  function toggle(): void {
    saveTheme(next[theme]);
    setTheme(next[theme]);
  }

  const label = `Colours: ${names[theme]}. Change to ${names[next[theme]]}`;
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={toggle}>
      {theme === "light" ? <SunIcon /> : theme === "dark" ? <MoonIcon /> : <SystemIcon />}
    </button>
  );
}
