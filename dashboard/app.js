// The frame of every page: navigation, whether the host answers, language and theme. Pages are loaded when they are opened.

import { html, render, useEffect, useMemo, useRef, useState } from "/libraries/preact-htm.js";
import { logout, session, who } from "/assets/api.js";
import { Login } from "/assets/login.js";
import { Page, useAnswer, useChannel } from "/assets/hooks.js";
import { Fault, State } from "/assets/parts.js";
import { chooseLanguage, language, languages, t } from "/assets/words.js";

/** The pages: the first part of the address, the title, the module whose default is the page. */
const pages = [
    ["", "Overview", "/assets/overview.js"],
    ["instrument", "Instrument", "/assets/instrument.js"],
    ["models", "Models", "/assets/models.js"],
    ["providers", "Providers", "/assets/providers.js"],
    ["risk", "Risk", "/assets/risk.js"],
    ["plugins", "Plugins", "/assets/plugins.js"],
    ["about", "About", "/assets/about.js"],
];

const themes = ["auto", "dark", "light"];
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function useTheme() {
    const [choice, set] = useState(localStorage.getItem("penstock.theme") ?? "auto");
    const [isDark, setDark] = useState(prefersDark.matches);
    useEffect(() => {
        const change = () => setDark(prefersDark.matches);
        prefersDark.addEventListener("change", change);
        return () => prefersDark.removeEventListener("change", change);
    }, []);
    const theme = choice === "auto" ? (isDark ? "dark" : "light") : choice;
    document.documentElement.dataset.theme = theme;
    const choose = (value) => {
        localStorage.setItem("penstock.theme", value);
        set(value);
    };
    return { theme, choice, choose };
}

/** The address after `#/`: its parts and its query. */
function readRoute() {
    const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
    const decode = (part) => {
        try {
            return decodeURIComponent(part);
        } catch {
            return part;
        }
    };
    return { parts: path.split("/").map(decode), query: new URLSearchParams(query ?? "") };
}

function useRoute() {
    const [route, set] = useState(readRoute);
    useEffect(() => {
        const change = () => set(readRoute());
        addEventListener("hashchange", change);
        return () => removeEventListener("hashchange", change);
    }, []);
    return route;
}

/** The host's state, as it changes; `returns` counts how often the host came back. */
function useHost() {
    const [online, setOnline] = useState(undefined);
    const [returns, setReturns] = useState(0);
    const [changes, setChanges] = useState(new Map());
    const was = useRef(undefined);
    useChannel("/ws/pipeline-status", (messages) => setChanges((old) => {
        const next = new Map(old);
        for (const message of messages) {
            for (const one of message.instances ?? [message.instance]) next.set(`${one.kind}/${one.id}`, one);
        }
        return next;
    }), {
        online(isOnline) {
            if (isOnline && was.current === false) setReturns((count) => count + 1);
            was.current = isOnline;
            setOnline(isOnline);
        },
    });
    return { online, returns, changes };
}

function merged(status, changes) {
    const known = new Map((status?.instances ?? []).map((one) => [`${one.kind}/${one.id}`, one]));
    for (const [key, one] of changes) {
        if (!known.has(key) ? !status : one.since >= known.get(key).since) known.set(key, one);
    }
    return [...known.values()];
}

function Outlet({ path, title }) {
    const [view, set] = useState({});
    const page = useRef();
    useEffect(() => {
        let isWanted = true;
        import(path).then((module) => isWanted && set({ path, Body: module.default }), (fault) => isWanted && set({ path, fault }));
        document.title = `${title} · Penstock`;
        return () => (isWanted = false);
    }, [path, title]);
    return html`<main id="page" tabindex="-1" ref=${page}>
        ${view.path !== path ? html`<p class="soft" role="status">${t("Loading…")}</p>` : view.fault ? html`<${Fault} fault=${view.fault} />` : html`<${view.Body} />`}
    </main>`;
}

function Tools({ theme, onLanguage }) {
    return html`<div class="tools">
        ${session.csrf && html`<button onClick=${() => logout().catch(() => who())} title=${session.role}>${t("Log out {name}", { name: session.name })}</button>`}
        <select aria-label=${t("Language")} value=${language()} onChange=${(event) => onLanguage(event.target.value)}>
            ${languages.map(([code, name]) => html`<option value=${code} lang=${code}>${name}</option>`)}
        </select>
        <select aria-label=${t("Theme")} value=${theme.choice} onChange=${(event) => theme.choose(event.target.value)}>
            ${themes.map((name) => html`<option value=${name}>${t(`theme ${name}`)}</option>`)}
        </select></div>`;
}

/** Nothing is asked for before the host has said whether it wants to know who asks. */
function App() {
    const theme = useTheme();
    const [words, setWords] = useState(language());
    const [identity, set] = useState(undefined);
    useEffect(() => {
        const change = () => set({ ...session });
        addEventListener("penstock-session", change);
        // A host that does not answer is told of by the pages, as they are opened.
        who().catch(change);
        return () => removeEventListener("penstock-session", change);
    }, []);
    const onLanguage = (code) => {
        chooseLanguage(code);
        setWords(code);
    };
    if (!identity) return null;
    if (identity.required && identity.name === null) return html`<${Login} key=${words} tools=${html`<${Tools} ...${{ theme, onLanguage }} />`} />`;
    return html`<${Inside} ...${{ theme, words, onLanguage }} />`;
}

function Inside({ theme, words, onLanguage }) {
    const route = useRoute();
    const host = useHost();
    return html`<${Host} key=${words} ...${{ route, theme, host, onLanguage }} />`;
}

function Host({ route, theme, host, onLanguage }) {
    const shared = { route, theme: theme.theme, online: host.online, returns: host.returns };
    return html`<${Page.Provider} value=${shared}><${Frame} ...${{ shared, theme, host, onLanguage }} /></${Page.Provider}>`;
}

function Frame({ shared, theme, host, onLanguage }) {
    // The channel tells of changes, not of instances that a reload adds or puts in another's place.
    const { data, again: refresh } = useAnswer("/api/v2/system/status", { seconds: 15 });
    const instances = useMemo(() => merged(data, host.changes), [data, host.changes]);
    const value = useMemo(() => ({ ...shared, status: data, instances, refresh }), [shared.route, shared.theme, shared.online, shared.returns, data, instances]);
    const [name, title, path] = pages.find(([name]) => name === shared.route.parts[0]) ?? pages[0];
    useEffect(() => document.querySelector("nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" }), [name]);
    return html`<${Page.Provider} value=${value}>
        <a class="skip" href="#page" onClick=${(event) => {
            event.preventDefault();
            document.getElementById("page").focus();
        }}>${t("Go to the page")}</a>
        <header>
            <a class="brand" href="#/"><img src="/assets/icon.svg" alt="" />Penstock</a>
            <nav aria-label=${t("Pages")}>${pages.map(([part, text]) => html`<a href=${`#/${part}`} aria-current=${part === name ? "page" : undefined}>${t(text)}</a>`)}</nav>
            <span role="status" aria-live="polite" id="online">${shared.online === false
                ? html`<${State} state="failed" /> ${t("reconnecting")}`
                : html`<span class="state ok">${t(shared.online ? "live" : "connecting")}</span>`}</span>
            <${Tools} theme=${theme} onLanguage=${onLanguage} />
        </header>
        ${shared.online === false && html`<div class="banner bad" role="alert">${t("The host does not answer. What is shown is the last it said; this page goes on by itself when it is back.")}</div>`}
        <${Outlet} path=${path} title=${t(title)} />
    </${Page.Provider}>`;
}

export const run = (place) => {
    place.replaceChildren();
    render(html`<${App} />`, place);
};
