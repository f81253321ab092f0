// Plugins: what runs, to switch on or off; what a reload would do, before it is done; every plugin with its options.

import { html, useMemo, useState } from "/libraries/preact-htm.js";
import { useAnswer, usePage } from "/assets/hooks.js";
import { Card, Facts, Head, Table, Waiting } from "/assets/parts.js";
import { Instances, Reload } from "/assets/reload.js";
import { whole } from "/assets/format.js";
import { t } from "/assets/words.js";

const kinds = ["provider", "indicator", "model", "sink"];
const most = 30;

const text = (value) => (value === undefined || value === null ? undefined : typeof value === "string" ? value : JSON.stringify(value));

function Plugin({ plugin, used }) {
    return html`<details class="card" id=${`plugin-${plugin.kind}-${plugin.name}`}><summary><b>${plugin.name}</b> <span class="soft">${t(plugin.kind)} ${plugin.version}</span> ${plugin.summary}</summary>
        <${Facts} rows=${[[t("Named in the manifest as"), used.length ? used.map((one) => one.id).join(", ") : t("not named")], [t("Stability"), plugin.stability], plugin.reads && [t("Reads"), plugin.reads]]} />
        <h3>${t("Options")}</h3><${Table} caption=${t("Options")} rows=${plugin.options} empty=${t("It has none.")} columns=${[
            [t("Option"), (row) => html`<code>${row.name}</code>${row.required && html` <span class="warn">${t("must be there")}</span>`}`], [t("Allowed"), (row) => `${row.type}${row.unit ? ` · ${row.unit}` : ""}`],
            [t("Without it"), (row) => text(row.default)], [t("Meaning"), (row) => row.summary],
        ]} />
        ${plugin.outputs.length > 0 && html`<h3>${t("Outputs")}</h3><${Table} caption=${t("Outputs")} rows=${plugin.outputs.slice(0, most)} columns=${[
            [t("Column"), (row) => html`<code>${row.name}</code>`], [t("Unit"), (row) => row.unit], [t("Meaning"), (row) => row.summary],
        ]} />`}</details>`;
}

export default function Plugins() {
    const { instances } = usePage();
    const { data, fault, again } = useAnswer("/api/v2/plugins");
    const [kind, setKind] = useState("");
    const [words, setWords] = useState("");
    const found = useMemo(() => (data?.plugins ?? []).filter((one) => (!kind || one.kind === kind)
        && words.toLowerCase().split(/\s+/).every((word) => `${one.name} ${one.summary}`.toLowerCase().includes(word))), [data, kind, words]);
    return html`<${Head} title=${t("Plugins")} />
        <${Reload} />
        <${Instances} instances=${instances} />
        <${Card} wide title=${t("What can be named")} id="catalogue">
            <div class="row"><label>${t("Kind")} <select value=${kind} onChange=${(event) => setKind(event.target.value)}><option value="">${t("all")}</option>${kinds.map((one) => html`<option value=${one}>${t(one)}</option>`)}</select></label>
            <label>${t("Find")} <input type="search" value=${words} onInput=${(event) => setWords(event.target.value)} /></label><span class="spring"></span><span class="soft">${t("{n} plugins", { n: whole(found.length) })}</span></div></${Card}>
        ${!data ? html`<${Waiting} fault=${fault} again=${again} />` : found.slice(0, most).map((one) => html`<${Plugin} key=${one.id} plugin=${one} used=${instances.filter((each) => each.kind === one.kind && each.plugin === one.name)} />`)}
        ${found.length > most && html`<p class="soft">${t("{n} more: find one by its name.", { n: whole(found.length - most) })}</p>`}`;
}
