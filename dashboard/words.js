// The words of the pages. English texts are their own keys; what the host says stays as it says it.

import { chinese } from "/assets/words-zh.js";

export const languages = [["en", "English"], ["zh", "中文"]];

const tables = { zh: chinese };
let chosen = localStorage.getItem("penstock.language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");

export const language = () => chosen;
document.documentElement.lang = chosen;

export function chooseLanguage(code) {
    chosen = code;
    // Colours depend on it too.
    document.documentElement.lang = code;
    localStorage.setItem("penstock.language", code);
}

const english = {
    "theme auto": "Auto", "theme dark": "Dark", "theme light": "Light", "reload applied": "Applied", "reload unchanged": "Nothing differs",
    "gate pass": "passed", "gate fail": "failed", "gate none": "not run", "reload refused": "Refused: the old manifest runs on", "reload failed": "Failed: the old manifest runs on", "reload busy": "Another reload is under way",
};

const own = (table, text) => (table && Object.hasOwn(table, text) ? table[text] : undefined);

/** A text in the chosen language, `{name}` replaced by values. */
export function t(text, values = {}) {
    const found = own(tables[chosen], text) ?? own(english, text) ?? String(text);
    return found.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}
