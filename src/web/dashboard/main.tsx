import { render } from "preact";
import { App } from "./app.tsx";
import { applyTheme, loadTheme } from "./theme.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/chat.css";
import "./styles/composer.css";
import "./styles/markdown.css";
import "./styles/pages.css";
import "./styles/inbox.css";
import "./styles/desk-card.css";
import "./styles/workflows.css";

applyTheme(loadTheme());
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
