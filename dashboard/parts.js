// Small components that several pages use.

import { html, useEffect, useRef, useState } from "/libraries/preact-htm.js";
import { token } from "/assets/api.js";
import { t } from "/assets/words.js";
import { none } from "/assets/format.js";

/** A state: a sign, a word, and why. */
export const State = ({ state, message }) =>
    html`<span class=${`state ${state}`} title=${message || undefined}>${t(state)}</span>`;

export const Card = ({ title, children, wide, id, tools }) => html`
    <section class=${wide ? "card wide" : "card"} aria-labelledby=${id && `${id}-title`} id=${id}>
        ${title && html`<div class="row"><h2 id=${id && `${id}-title`}>${title}</h2><span class="spring"></span>${tools}</div>`}
        ${children}
    </section>`;

export const Head = ({ title, children }) => html`<div class="pagehead"><h1>${title}</h1><span class="spring"></span>${children}</div>`;

const shown = (value) => (value === undefined || value === null || value === "" || value === false ? none : value);

/** Rows under a head. A column is [title, cell(row), class]. */
export function Table({ columns, rows, empty, caption, name }) {
    if (!rows.length) return html`<p class="soft">${empty ?? t("Nothing here.")}</p>`;
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${caption}>
        <table class="stack">
            <thead><tr>${columns.map(([title, , kind]) => html`<th scope="col" class=${kind}>${title}</th>`)}</tr></thead>
            <tbody>${rows.map((row, index) => html`<tr key=${name ? name(row) : index}>
                ${columns.map(([title, cell, kind]) => html`<td class=${kind} data-label=${title}><span>${shown(cell(row))}</span></td>`)}</tr>`)}
            </tbody>
        </table></div>`;
}

export const Facts = ({ rows }) => html`<dl class="facts">${rows.filter(Boolean).map(([name, value]) => html`<dt>${name}</dt><dd>${value ?? none}</dd>`)}</dl>`;

/** What keeps a part from being shown, in the host's words. */
export function Fault({ fault, again }) {
    if (!fault) return null;
    return html`<div class="banner bad" role="alert"><p>${t(fault.message)}</p>${again && html`<button onClick=${again}>${t("Try again")}</button>`}</div>`;
}

export const Waiting = ({ fault, again }) => (fault ? html`<${Fault} fault=${fault} again=${again} />` : html`<p class="soft" role="status">${t("Loading…")}</p>`);

/** A script that is not a module, once; resolves to the global it makes. */
const scripts = new Map();
export function script(path, global) {
    if (!scripts.has(path)) {
        scripts.set(path, new Promise((resolve, reject) => {
            const tag = document.createElement("script");
            tag.src = path;
            tag.onload = () => (window[global] ? resolve(window[global]) : reject(new Error(path)));
            tag.onerror = () => {
                scripts.delete(path);
                tag.remove();
                reject(new Error(path));
            };
            document.head.append(tag);
        }));
    }
    return scripts.get(path);
}

/** Loads a library; returns { library, missing }. */
export function useLibrary(path, global) {
    const [state, set] = useState({});
    useEffect(() => {
        let isWanted = true;
        script(path, global).then((library) => isWanted && set({ library }), () => isWanted && set({ missing: true }));
        return () => (isWanted = false);
    }, [path]);
    return state;
}

export const Missing = ({ name }) => html`<div class="banner" role="alert">
    <p>${t("{name} is not beside this dashboard, so this cannot be drawn. Fetch it with:", { name })}</p>
    <pre>make dashboard-libraries</pre><p class="soft">${t("Then load this page again. The tables below need nothing.")}</p></div>`;

/** Asks for the token where something needs it. */
export function TokenGate({ fault, onToken }) {
    const [text, set] = useState("");
    const give = (event) => {
        event.preventDefault();
        token.set(text);
        set("");
        onToken();
    };
    const wasRefused = token.get() && fault;
    return html`<form class="banner" onSubmit=${give}>
        <p>${t(wasRefused ? "The host has another token now: each start makes a new one." : "This needs the host's token: the text of control/token in its state folder.")}</p>
        <pre>cat var/control/token</pre>
        <div class="row"><label>${t("Token")} <input type="password" autocomplete="off" value=${text} onInput=${(event) => set(event.target.value)} /></label>
        <button class="primary" disabled=${!text.trim()}>${t("Use it in this tab")}</button></div></form>`;
}

/** A question before something that changes the host. */
export function Confirm({ title, children, yes, onYes, onNo, danger }) {
    const box = useRef();
    useEffect(() => box.current.showModal(), []);
    return html`<dialog ref=${box} onClose=${onNo} aria-label=${title}>
        <h2>${title}</h2>${children}
        <div class="row"><button class=${danger ? "danger" : "primary"} onClick=${onYes}>${yes}</button>
        <button onClick=${() => box.current.close()}>${t("Cancel")}</button></div></dialog>`;
}
