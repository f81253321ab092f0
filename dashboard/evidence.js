// What a model rests on: what its features are worth, whether its numbers mean what they say, and whether the market is still the one it learned.

import { html, useMemo } from "/libraries/preact-htm.js";
import { ask } from "/assets/api.js";
import { useAnswer } from "/assets/hooks.js";
import { Facts, Table, Waiting } from "/assets/parts.js";
import { Lines } from "/assets/lines.js";
import { figure, none, percent, whole } from "/assets/format.js";
import { t } from "/assets/words.js";

/** How much the squared error of the tests grows without each feature. */
export function Importance({ rows }) {
    const most = Math.max(...rows.map((row) => row.mean), 0);
    return html`<p class="soft">${t("How much the squared error of the tests grows where a feature's values change places; below 0 it did better without it.")}</p>
        <${Table} caption=${t("Features")} rows=${rows} name=${(row) => row.feature} columns=${[
            [t("Feature"), (row) => row.feature],
            [t("Worth"), (row) => html`<meter min="0" max=${most || 1} value=${Math.max(0, row.mean)} aria-label=${row.feature}></meter>`],
            [t("Error grows by"), (row) => percent(row.mean), "num"], [t("Deviation between tests"), (row) => percent(row.deviation).replace("+", ""), "num"],
        ]} />`;
}

/** Ten groups by what was predicted: what came of each. A model whose numbers mean what they say lies on the line. */
function groups(outcomes) {
    const rows = outcomes.filter((row) => Number.isFinite(row.value) && Number.isFinite(row.actual)).sort((a, b) => a.value - b.value);
    const size = rows.length / 10;
    if (size < 5) return [];
    const mean = (list, name) => list.reduce((sum, row) => sum + row[name], 0) / list.length;
    return Array.from({ length: 10 }, (_, place) => rows.slice(Math.floor(place * size), Math.floor((place + 1) * size)))
        .map((list) => ({ count: list.length, predicted: mean(list, "value"), actual: mean(list, "actual") }));
}

export function Calibration({ outcomes, course }) {
    const tenths = useMemo(() => groups(outcomes), [outcomes]);
    const x = useMemo(() => tenths.map((row) => row.predicted), [tenths]);
    const series = useMemo(() => [{ name: t("came"), values: tenths.map((row) => row.actual), points: true }, { name: t("predicted"), values: x }], [tenths]);
    const bounded = useMemo(() => (course ?? []).filter((one) => one.bounded > 0), [course]);
    const times = useMemo(() => bounded.map((one) => Math.floor(one.through / 1e9)), [bounded]);
    const held = useMemo(() => [{ name: t("within"), values: bounded.map((one) => one.within / one.bounded) }], [bounded]);
    if (!tenths.length && !bounded.length) return html`<p class="soft">${t("Too few outcomes are known.")}</p>`;
    return html`<div class="grid">${tenths.length > 0 && html`<div><${Lines} title=${t("What came, by what was predicted")} isTime=${false} x=${x} series=${series} format=${(value) => figure(value, 4)} />
        <${Table} caption=${t("What came, by what was predicted")} rows=${tenths} columns=${[
            [t("Predicted"), (row) => figure(row.predicted, 5), "num"], [t("Came"), (row) => figure(row.actual, 5), "num"], [t("Outcomes"), (row) => whole(row.count), "num"],
        ]} /></div>`}
        ${bounded.length > 0 && html`<${Lines} title=${t("Share of outcomes within intervals of 90 %, out of sample")} x=${times} series=${held} level=${0.9} format=${(value) => percent(value, 0).replace("+", "")} />`}</div>`;
}

export function Drift({ model, pipeline }) {
    const { data, fault, again } = useAnswer(`/api/v2/ai/models/${encodeURIComponent(model)}/drift`, { seconds: 15, load: (path, options) => ask(path, options) });
    if (fault && fault.status === 409) return html`<p class="soft">${fault.message}</p>`;
    if (!data) return html`<${Waiting} fault=${fault} again=${again} />`;
    const rows = data.features.filter((row) => row.pipeline === pipeline).sort((a, b) => (b.psi ?? -1) - (a.psi ?? -1));
    const verdict = (psi) => (psi === null ? none : html`<span class=${`state ${psi > 0.25 ? "failed" : psi > 0.1 ? "degraded" : "ok"}`}>${t(psi > 0.25 ? "drifted" : psi > 0.1 ? "moved" : "as learned")}</span>`);
    return html`<${Facts} rows=${[
        [t("Rows looked at"), data.rows < data.needed ? t("{n} of {all} that are needed", { n: whole(data.rows), all: whole(data.needed) }) : whole(data.rows)],
        [t("Recent error"), `${figure(data.recent_error)} (${t("{n} when it was fitted", { n: figure(data.usual_error) })})`], [t("Alarms of the error"), whole(data.error_alarms)],
    ]} /><${Table} caption=${t("Drift")} rows=${rows} name=${(row) => row.feature} columns=${[
        [t("Feature"), (row) => row.feature], ["PSI", (row) => figure(row.psi, 3), "num"], ["KS", (row) => figure(row.ks, 3), "num"], [t("State"), (row) => verdict(row.psi)],
    ]} />`;
}
