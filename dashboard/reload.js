// The manifest: what a reload would do, then the reload; instances to switch on and off.

import { html, useState } from "/libraries/preact-htm.js";
import { ask, token } from "/assets/api.js";
import { useAnswer, usePage } from "/assets/hooks.js";
import { Card, Confirm, Fault, State, Table, TokenGate } from "/assets/parts.js";
import { figure, instant } from "/assets/format.js";
import { t } from "/assets/words.js";

const path = "/api/v2/config";
const kinds = new Set(["provider", "indicator", "model", "sink"]);

const Faults = ({ faults }) => faults.map((one) => html`<div class="banner bad"><p><b>${one.file}:${one.line}:${one.column}</b> ${one.message} ${one.hint}</p>${one.excerpt && html`<pre>${one.excerpt}</pre>`}</div>`);

function Plan({ plan }) {
    const isEmpty = !plan.entries.length && !plan.faults.length && !plan.at_next_start.length;
    return html`<${Faults} faults=${plan.faults} />
        ${isEmpty ? html`<p>${t("The file says what runs already: a reload would change nothing.")}</p>` : html`
        <${Table} caption=${t("What a reload would do")} rows=${plan.entries} empty=${t("No instance changes.")} columns=${[
            [t("Part"), (row) => row.name], [t("What is done"), (row) => row.action],
            [t("Values"), (row) => row.values.map((value) => html`<div><code>${value.key}</code>: <span class="bad">${value.before ?? "–"}</span> → <span class="good">${value.after ?? "–"}</span></div>`)],
        ]} />
        <${Table} caption=${t("Pipelines")} rows=${plan.pipelines} empty="" columns=${[[t("Pipeline"), (row) => row.name], [t("What is done"), (row) => row.effect], [t("Why"), (row) => row.reason]]} />
        ${[...plan.again, ...plan.at_next_start.map((one) => `${t("At the next start:")} ${one}`)].map((line) => html`<p>${line}</p>`)}`}`;
}

function Report({ report }) {
    return html`<div class=${["applied", "unchanged"].includes(report.outcome) ? "banner" : "banner bad"} role="status">
        <p><b>${t(`reload ${report.outcome}`)}</b> · ${t("revision {n}", { n: report.revision })} · ${t("{n} s", { n: figure(report.milliseconds / 1000, 2) })} ${report.message}</p>
        ${report.warnings.map((line) => html`<p class="warn">${line}</p>`)}</div>
        <${Faults} faults=${report.faults} />
        ${report.parts.length > 0 && html`<${Table} caption=${t("What was done")} rows=${report.parts} columns=${[
            [t("Part"), (row) => row.name], [t("What was done"), (row) => row.action], [t("Took"), (row) => `${figure(row.milliseconds, 1)} ms`, "num"],
            [t("Pause of the stream"), (row) => row.pause_milliseconds !== undefined && `${figure(row.pause_milliseconds, 1)} ms`, "num"], [t("Warnings"), (row) => row.warnings.join(" ")],
        ]} />`}`;
}

/** What a signed request said, or that the token is missing. */
function useAction() {
    const { refresh } = usePage();
    const [state, set] = useState({});
    const run = async (make) => {
        if (!token.has()) return set({ needsToken: true, make });
        set((old) => ({ ...old, isBusy: true, fault: undefined, needsToken: false }));
        try {
            const value = await make();
            set(value);
            if (value.report) refresh();
        } catch (fault) {
            set(fault.code === "proof_required" ? { needsToken: true, make, fault } : { fault });
        }
    };
    const gate = state.needsToken && html`<${TokenGate} fault=${state.fault} onToken=${() => run(state.make)} />`;
    return { state, run, gate };
}

export function Reload() {
    const { data } = useAnswer(path, { seconds: 5 });
    const { state, run, gate } = useAction();
    const plan = () => run(async () => ({ plan: await ask(`${path}/plan`, { signed: true, statuses: [422] }) }));
    const apply = () => run(async () => ({ report: await ask(path, { method: "PUT", signed: true, statuses: [409, 422, 503] }) }));
    const canApply = state.plan && !state.plan.faults.some((one) => one.severity === "error");
    return html`<${Card} wide title=${t("Manifest")} id="reload">
        <div class="row"><span>${data ? html`<code>${data.file}</code> · ${t("revision {n}", { n: data.revision })}` : ""}</span><span class="spring"></span>
            <button onClick=${plan} disabled=${state.isBusy}>${t("Show what a reload would do")}</button>
            ${canApply && html`<button class="primary" onClick=${apply} disabled=${state.isBusy}>${t("Reload now")}</button>`}</div>
        ${gate}${!state.needsToken && html`<${Fault} fault=${state.fault} />`}
        ${state.plan && html`<${Plan} plan=${state.plan} />`}${state.report && html`<${Report} report=${state.report} />`}</${Card}>`;
}

export function Instances({ instances }) {
    const { state, run, gate } = useAction();
    const [asked, setAsked] = useState(undefined);
    const rows = instances.filter((one) => kinds.has(one.kind));
    const turn = () => {
        const { kind, id, state: now } = asked;
        setAsked(undefined);
        const word = now === "disabled" ? "enable" : "disable";
        run(async () => ({ report: await ask(`/api/v2/instances/${kind}/${encodeURIComponent(id)}/${word}`, { method: "POST", signed: true, statuses: [409, 422, 503] }) }));
    };
    const isOff = asked?.state === "disabled";
    return html`<${Card} wide title=${t("Named in the manifest")} id="instances">
        ${gate}${!state.needsToken && html`<${Fault} fault=${state.fault} />`}${state.report && html`<${Report} report=${state.report} />`}
        <${Table} caption=${t("Named in the manifest")} rows=${rows} name=${(row) => `${row.kind}/${row.id}`} columns=${[
            [t("Kind"), (row) => t(row.kind)], [t("Id"), (row) => html`<b>${row.id}</b>`], [t("Plugin"), (row) => row.plugin],
            [t("State"), (row) => html`<${State} state=${row.state} /> <span class="soft">${row.message}</span>`], [t("Since (UTC)"), (row) => instant(row.since)],
            [t("Switch"), (row) => html`<button disabled=${state.isBusy} onClick=${() => setAsked(row)} aria-label=${`${t(row.state === "disabled" ? "Switch on" : "Switch off")} ${row.kind}/${row.id}`}>${t(row.state === "disabled" ? "Switch on" : "Switch off")}</button>`],
        ]} />
        ${asked && html`<${Confirm} title=${t(isOff ? "Switch {name} on?" : "Switch {name} off?", { name: `${asked.kind}/${asked.id}` })} yes=${t(isOff ? "Switch on" : "Switch off")} onYes=${turn} onNo=${() => setAsked(undefined)}>
            <p>${t("It is changed in the manifest's file, comments stay, and the file is reloaded at once. What else the file has changed since is loaded too.")}</p></${Confirm}>`}</${Card}>`;
}
