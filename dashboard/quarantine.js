// Rows that were refused: why, what they said, and to release or forget them. All of it needs the token.

import { html, useState } from "/libraries/preact-htm.js";
import { ask, token } from "/assets/api.js";
import { useAnswer } from "/assets/hooks.js";
import { Card, Confirm, Fault, Table, TokenGate, Waiting } from "/assets/parts.js";
import { instant, whole } from "/assets/format.js";
import { t } from "/assets/words.js";

const path = "/api/v2/quarantine";

export function Quarantine() {
    const [round, next] = useState(0);
    const [filter, setFilter] = useState({ released: "false" });
    const [pages, setPages] = useState([undefined]);
    const hasToken = token.has();
    const { data, fault, again } = useAnswer(hasToken ? path : undefined, { signed: true, query: { ...filter, cursor: pages.at(-1), round: undefined, limit: 50 } });
    const isRefused = fault?.code === "proof_required";
    const choose = (name) => (event) => {
        setPages([undefined]);
        setFilter({ ...filter, [name]: event.target.value.trim() || undefined });
    };
    return html`<${Card} wide title=${t("Quarantine")} id="quarantine">
        ${!hasToken || isRefused ? html`<${TokenGate} fault=${fault} onToken=${() => {
            next(round + 1);
            again();
        }} />` : html`
        <div class="row"><label>${t("Instrument")} <input type="search" size="12" onChange=${choose("instrument")} /></label>
            <label>${t("Reason")} <input type="search" size="14" onChange=${choose("reason")} /></label>
            <label>${t("Show")} <select value=${filter.released} onChange=${choose("released")}><option value="false">${t("refused")}</option><option value="true">${t("released")}</option></select></label>
            <span class="spring"></span>${data && html`<span class="soft">${t("{n} rows", { n: whole(data.total) })}</span>`}</div>
        <${Fault} fault=${fault} again=${again} />
        ${data ? html`<${Rows} rows=${data.rows} isReleased=${filter.released === "true"} again=${again} />
        <div class="row"><button disabled=${pages.length < 2} onClick=${() => setPages(pages.slice(0, -1))}>${t("Newer")}</button>
            <button disabled=${!data.next_cursor} onClick=${() => setPages([...pages, data.next_cursor])}>${t("Older")}</button></div>` : !fault && html`<${Waiting} />`}`}
    </${Card}>`;
}

function Rows({ rows, isReleased, again }) {
    const [chosen, setChosen] = useState(new Set());
    const [asked, setAsked] = useState(undefined);
    const [said, setSaid] = useState(undefined);
    const ids = rows.map((row) => row.id).filter((id) => chosen.has(id));
    const toggle = (id) => setChosen((old) => {
        const next = new Set(old);
        if (!next.delete(id)) next.add(id);
        return next;
    });
    const act = async () => {
        const isRelease = asked === "release";
        setAsked(undefined);
        try {
            const done = await ask(isRelease ? `${path}/release` : path, { method: isRelease ? "POST" : "DELETE", query: { ids: ids.join(",") }, signed: true });
            const text = t(isRelease ? "{n} released" : "{n} forgotten", { n: whole(done.done.length) });
            setSaid({ text: [text, ...done.left.map((row) => `${row.id}: ${row.message}`)].join(". "), isBad: done.left.length > 0 });
        } catch (fault) {
            setSaid({ text: fault.message, isBad: true });
        }
        setChosen(new Set());
        again();
    };
    return html`${said && html`<div class=${said.isBad ? "banner bad" : "banner"} role="status">${said.text}</div>`}
        ${!isReleased && rows.length > 0 && html`<div class="row">
            <label><input type="checkbox" checked=${ids.length === rows.length} onChange=${() => setChosen(ids.length === rows.length ? new Set() : new Set(rows.map((row) => row.id)))} /> ${t("all of this page")}</label>
            <button class="primary" disabled=${!ids.length} onClick=${() => setAsked("release")}>${t("Release {n}", { n: ids.length })}</button>
            <button class="danger" disabled=${!ids.length} onClick=${() => setAsked("forget")}>${t("Forget {n}", { n: ids.length })}</button></div>`}
        <${Table} caption=${t("Quarantine")} rows=${rows} name=${(row) => row.id} empty=${t(isReleased ? "Nothing was released." : "Nothing was refused.")} columns=${[
            [t(isReleased ? "Released (UTC)" : "Choose"), (row) => (isReleased ? instant(row.released_at) : html`<input type="checkbox" aria-label=${t("Choose row {id}", { id: row.id })} checked=${chosen.has(row.id)} onChange=${() => toggle(row.id)} />`)],
            [t("Instrument"), (row) => row.instrument], [t("Time (UTC)"), (row) => instant(row.time)], [t("Reason"), (row) => html`<b>${t(row.reason.replaceAll("_", " "))}</b>`],
            [t("Message"), (row) => row.message], [t("Place"), (row) => row.place], [t("Row"), (row) => row.raw && html`<code>${row.raw}</code>`],
            [t("Source"), (row) => `${row.source} · ${row.pipeline}`], [t("Refused (UTC)"), (row) => instant(row.refused_at)],
        ]} />
        ${asked && html`<${Confirm} title=${t(asked === "release" ? "Release {n} rows?" : "Forget {n} rows?", { n: ids.length })} danger=${asked === "forget"}
            yes=${t(asked === "release" ? "Release" : "Forget")} onYes=${act} onNo=${() => setAsked(undefined)}>
            <p>${t(asked === "release" ? "They are stored as they are, and given to the sinks as revisions." : "They are gone for good; what is stored stays as it is.")}</p></${Confirm}>`}`;
}
