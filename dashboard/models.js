// Models: each with its figures out of sample beside the naive baseline, by fold and instrument, and what came of its predictions.

import { html, useMemo, useState } from "/libraries/preact-htm.js";
import { ask, askAll } from "/assets/api.js";
import { useAnswer, usePage } from "/assets/hooks.js";
import { Card, Facts, Fault, Head, State, Table, Waiting } from "/assets/parts.js";
import { useCounters } from "/assets/counters.js";
import { Lines } from "/assets/lines.js";
import { figure, instant, percent, whole } from "/assets/format.js";
import { instruments as ofOutcomes, rolling } from "/assets/outcomes.js";
import { Calibration, Drift, Importance } from "/assets/evidence.js";
import { Versions } from "/assets/versions.js";
import { t } from "/assets/words.js";

const names = { r2: "R²", ic: "IC", rank_ic: "Rank IC", directional_accuracy: "Direction right", mae: "MAE", rmse: "RMSE" };
const nameOf = (metric) => names[metric] ?? metric.replaceAll("_", " ");
const metricsOf = (metrics) => Object.keys(metrics ?? {}).filter((name) => typeof metrics[name] === "number" && !name.startsWith("naive_") && name !== "rows");
const order = ["ic", "rank_ic", "r2", "directional_accuracy"];
const sorted = (list) => [...list].sort((a, b) => ((order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99)) || a.localeCompare(b));
const fromNanoseconds = (value) => (value ? new Date(value / 1e6).toISOString() : undefined);

/** Whether a figure is better than the naive one, and whether that is more than chance: its interval leaves the naive out. */
function verdict(metrics, name) {
    const [own, naive, interval] = [metrics[name], metrics[`naive_${name}`], metrics.intervals?.[name]];
    if (typeof naive !== "number") return null;
    const isLess = name === "mae" || name === "rmse";
    const better = isLess ? own < naive : own > naive;
    const isClear = interval && (interval.low > naive || interval.high < naive);
    return html`<span class=${better ? "good" : "bad"}>${t(better ? "better" : "worse")}${interval ? ` · ${t(isClear ? "clearly" : "within chance")}` : ""}</span>`;
}

const Metrics = ({ metrics }) => html`<${Table} caption=${t("Out of sample")} rows=${sorted(metricsOf(metrics))} columns=${[
    [t("Figure"), (name) => nameOf(name)], [t("Model"), (name) => html`<b>${figure(metrics[name])}</b>`, "num"],
    [t("95 of 100 draws"), (name) => metrics.intervals?.[name] && `${figure(metrics.intervals[name].low)} … ${figure(metrics.intervals[name].high)}`, "num"],
    [t("Naive"), (name) => figure(metrics[`naive_${name}`]), "num"], [t("Beside naive"), (name) => verdict(metrics, name)],
]} />`;

/** One figure of each fold beside the naive one, at the end of the fold's test. */
function Folds({ folds }) {
    const [metric, set] = useState("ic");
    const known = sorted(metricsOf(folds[0]?.metrics));
    const x = useMemo(() => folds.map((fold) => Math.floor(fold.valid_through / 1e9)), [folds]);
    const series = useMemo(() => [
        { name: t("model"), values: folds.map((fold) => fold.metrics[metric] ?? null) },
        { name: t("naive"), values: folds.map((fold) => fold.metrics[`naive_${metric}`] ?? null) },
    ], [folds, metric]);
    if (!folds.length) return html`<p class="soft">${t("The card has no folds.")}</p>`;
    return html`<div class="row"><label>${t("Figure")} <select value=${metric} onChange=${(event) => set(event.target.value)}>${known.map((name) => html`<option value=${name}>${nameOf(name)}</option>`)}</select></label></div>
        <${Lines} title=${t("{figure} by fold", { figure: nameOf(metric) })} x=${x} series=${series} level=${0} format=${(value) => figure(value, 3)} />
        <${Table} caption=${t("Folds")} rows=${folds} columns=${[
            [t("Tested"), (fold) => `${fromNanoseconds(fold.valid_after + 1e9)?.slice(0, 10)} … ${fromNanoseconds(fold.valid_through)?.slice(0, 10)}`],
            [t("Learned from"), (fold) => t("{n} rows", { n: whole(fold.train_rows) }), "num"], [t("Tested on"), (fold) => t("{n} rows", { n: whole(fold.test_rows) }), "num"],
            [nameOf(metric), (fold) => figure(fold.metrics[metric]), "num"], [t("Naive"), (fold) => figure(fold.metrics[`naive_${metric}`]), "num"],
        ]} />`;
}

function Instruments({ rows }) {
    const metrics = sorted(metricsOf(rows[0]?.metrics)).slice(0, 4);
    return html`<${Table} caption=${t("By instrument")} rows=${rows} columns=${[
        [t("Instrument"), (row) => html`<a href=${`#/instrument/${encodeURIComponent(row.instrument)}`}>${row.instrument}</a>`],
        ...metrics.map((name) => [nameOf(name), (row) => html`${figure(row.metrics[name], 3)} <span class="soft">(${figure(row.metrics[`naive_${name}`], 3)})</span>`, "num"]),
    ]} /><p class="soft small">${t("Naive in brackets.")}</p>`;
}

function Panel({ panel }) {
    const rows = ["long_short", "top", "naive"].filter((name) => panel[name]).map((name) => ({ name, ...panel[name] }));
    return html`${rows.length > 0 && html`<h3>${t("Portfolios after costs")}</h3><${Table} caption=${t("Portfolios after costs")} rows=${rows} columns=${[
        [t("Portfolio"), (row) => t(row.name.replaceAll("_", " "))], [t("A year"), (row) => percent(row.annual_return), "num"],
        [t("Information ratio"), (row) => figure(row.information_ratio, 2), "num"], [t("Largest drawdown"), (row) => percent(-row.max_drawdown), "num"],
        [t("Turnover"), (row) => figure(row.turnover, 2), "num"], [t("Periods"), (row) => whole(row.periods), "num"],
    ]} />`}<h3>${t("Over all instruments")}</h3><${Facts} rows=${[
        ["ICIR", figure(panel.icir, 3)],
        panel.diebold_mariano && [t("Diebold-Mariano against naive"), `${figure(panel.diebold_mariano.statistic, 2)}, p = ${panel.diebold_mariano.p_value?.toPrecision(2) ?? "–"}`],
    ]} />`;
}

/** How it did as outcomes became known: over a rolling window, for a span of years. */
function Outcomes({ model, pipeline, course }) {
    const [instrument, set] = useState("");
    const { data, fault, again } = useAnswer("/api/v2/ai/outcomes", {
        query: { model, pipeline, limit: 10_000 }, load: (path, options) => askAll(path, "outcomes", { ...options, most: 60_000 }),
    });
    const all = useMemo(() => ofOutcomes(data ?? []), [data]);
    const rows = useMemo(() => (data ?? []).filter((row) => !instrument || row.instrument === instrument), [data, instrument]);
    const chart = useMemo(() => rolling(rows), [rows]);
    const series = useMemo(() => [{ name: t("IC"), values: chart.ic }, { name: t("direction right less one half"), values: chart.hits }], [chart]);
    const errors = useMemo(() => [{ name: t("mean absolute error"), values: chart.error }, { name: t("of always saying 0"), values: chart.naive }], [chart]);
    if (!data) return html`<${Waiting} fault=${fault} again=${again} />`;
    if (!chart.x.length) return html`<p class="soft">${t("No outcome is known yet.")}</p>`;
    return html`<div class="row"><label>${t("Instrument")} <select value=${instrument} onChange=${(event) => set(event.target.value)}><option value="">${t("all")}</option>${all.map((one) => html`<option value=${one}>${one}</option>`)}</select></label>
        <span class="soft">${t("{n} outcomes, over the {window} before each point", { n: whole(chart.count), window: whole(chart.window) })}</span></div>
        <div class="grid"><${Lines} title=${t("Skill over time")} x=${chart.x} series=${series} level=${0} format=${(value) => figure(value, 2)} />
        <${Lines} title=${t("Error over time")} x=${chart.x} series=${errors} format=${(value) => figure(value, 4)} /></div>
        <${Table} caption=${t("By year")} rows=${chart.years} columns=${[
            [t("Year"), (row) => row.year], [t("Outcomes"), (row) => whole(row.count), "num"], ["IC", (row) => figure(row.ic, 3), "num"],
            [t("Direction right"), (row) => percent(row.hits, 1).replace("+", ""), "num"], [t("Mean absolute error"), (row) => figure(row.error), "num"], [t("Always saying 0"), (row) => figure(row.naive), "num"],
        ]} /><h3>${t("Calibration")}</h3><${Calibration} outcomes=${rows} course=${course} />`;
}

function Model({ id, pipeline, list, counters }) {
    const { instances } = usePage();
    const { data, fault, again } = useAnswer(`/api/v2/ai/models/${encodeURIComponent(id)}/status`, { query: { pipeline }, seconds: 15, load: (path, options) => ask(path, options) });
    const state = instances.find((one) => one.kind === "model" && one.id === id);
    const card = data?.card;
    const live = counters.pipelines?.find((one) => one.pipeline === data?.pipeline)?.models.find((one) => one.model === id);
    if (!data) return html`<${Waiting} fault=${fault} again=${again} />`;
    return html`<${Fault} fault=${fault} />
        <div class="grid"><${Card} title=${id} id="model"><${Facts} rows=${[
            [t("State"), html`<${State} state=${state?.state ?? "ok"} message=${state?.message} /> ${t(data.state)}${data.progress < 1 ? ` ${percent(data.progress, 0)}` : ""} ${data.message}`],
            [t("Plugin"), `${data.plugin} ${card?.plugin_version ?? ""}`], [t("Pipeline"), data.pipelines.length > 1 ? html`<select value=${data.pipeline} onChange=${(event) => (location.hash = `#/models/${encodeURIComponent(id)}?pipeline=${encodeURIComponent(event.target.value)}`)}>${data.pipelines.map((one) => html`<option value=${one}>${one}</option>`)}</select>` : data.pipeline],
            [t("Fit"), data.origin], data.version !== undefined && [t("Version"), String(data.version)], data.stage && [t("Stage"), data.stage],
            card && [t("Target"), card.target], card && [t("Learned through"), instant(fromNanoseconds(card.trained_through))], card && [t("Rows"), `${whole(card.rows)} (${t("{n} bars", { n: whole(card.bars) })})`],
            card && [t("Validation"), `${card.validation}, ${t("embargo {n}", { n: card.embargo })}`], card && [t("Seed"), String(card.seed)], card && [t("Features"), card.features?.join(", ")],
            card && [t("Digest of data"), html`<code>${card.data_digest}</code>`], card && [t("Digest of configuration"), html`<code>${card.configuration_digest}</code>`],
            live && [t("Live"), `${t("{n} predicted", { n: whole(live.predicted) })}, ${t("{n} outcomes", { n: whole(live.outcomes) })}`],
            live && [t("Recent error"), figure(live.recent_error)], live && [t("Recent direction right"), percent(live.recent_hit_rate, 1).replace("+", "")],
        ]} /></${Card}>
        ${card && html`<${Card} title=${t("Out of sample, beside the naive baseline")} id="metrics"><p class="soft">${t("{n} predictions the model had not learned from", { n: whole(card.metrics?.rows) })}</p><${Metrics} metrics=${card.metrics ?? {}} />
            ${card.panel && html`<${Panel} panel=${card.panel} />`}</${Card}>`}</div>
        ${!card && html`<div class="banner">${t("There is no card yet: it is written when the fit has ended.")}</div>`}
        ${card && html`<${Card} wide title=${t("Fold by fold")} id="folds"><${Folds} folds=${card.folds ?? []} /></${Card}>`}
        <${Card} wide title=${t("What came of its predictions")} id="outcomes"><${Outcomes} key=${`${id}/${data.pipeline}`} model=${id} pipeline=${data.pipeline} course=${card?.course} /></${Card}>
        <${Card} wide title=${t("Versions")} id="versions"><${Versions} key=${`${id}/${data.pipeline}`} model=${id} pipeline=${data.pipeline} /></${Card}>
        <div class="grid">${card?.importance?.length > 0 && html`<${Card} title=${t("Features")} id="importance"><${Importance} rows=${card.importance} /></${Card}>`}
        <${Card} title=${t("Drift")} id="drift"><${Drift} key=${`${id}/${data.pipeline}`} model=${id} pipeline=${data.pipeline} /></${Card}></div>
        ${card?.instruments?.length > 0 && html`<${Card} wide title=${t("By instrument")} id="instruments-of"><${Instruments} rows=${card.instruments} /></${Card}>`}`;
}

export default function Models() {
    const { route } = usePage();
    const counters = useCounters();
    const { data, fault, again } = useAnswer("/api/v2/ai/models", { seconds: 15, load: (path, options) => ask(path, options) });
    const models = data?.models ?? [];
    const ids = [...new Set(models.map((one) => one.model))];
    const chosen = route.parts[1] ?? ids[0];
    return html`<${Head} title=${t("Models")}><div class="chips" role="group" aria-label=${t("Models")}>${ids.map((id) => html`<a class="chip" aria-current=${id === chosen ? "true" : undefined} href=${`#/models/${encodeURIComponent(id)}`}>${id}</a>`)}</div></${Head}>
        ${!data ? html`<${Waiting} fault=${fault} again=${again} />` : chosen ? html`<${Model} key=${chosen} id=${chosen} pipeline=${route.query.get("pipeline") ?? undefined} counters=${counters} />` : html`<p class="soft">${t("The manifest names no model.")}</p>`}`;
}
