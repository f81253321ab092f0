// Overview: every pipeline as a graph with rates and waiting rows, alerts, how fresh each instrument is.

import { html, useMemo } from "/libraries/preact-htm.js";
import { askAll } from "/assets/api.js";
import { useAnswer, usePage } from "/assets/hooks.js";
import { Card, Head, State, Waiting } from "/assets/parts.js";
import { AlertList, useAlerts } from "/assets/alerts.js";
import { sum, useCounters } from "/assets/counters.js";
import { Freshness } from "/assets/freshness.js";
import { Graph } from "/assets/graph.js";
import { age, rate, short, whole } from "/assets/format.js";
import { t } from "/assets/words.js";

const Tile = ({ name, value, kind, note }) => html`<div class="tile"><span class="soft small">${name}</span><b class=${kind}>${value}</b><span class="soft small">${note}</span></div>`;

function Tiles({ counters, stocks, alerts, status }) {
    const pipelines = counters.pipelines ?? [];
    const received = pipelines.reduce((all, one) => all + one.received, 0);
    const rejected = pipelines.reduce((all, one) => all + sum(one.rejected), 0);
    const sinks = pipelines.flatMap((one) => one.sinks);
    const dropped = sinks.reduce((all, one) => all + sum(one.dropped) + sum(one.refused), 0);
    const waiting = sinks.reduce((all, one) => all + one.waiting, 0) + pipelines.reduce((all, one) => all + one.ingest_waiting, 0);
    return html`<div class="tiles">
        <${Tile} name=${t("Pipelines")} value=${whole(pipelines.length)} note=${t("{n} instruments", { n: whole(stocks?.length) })} />
        <${Tile} name=${t("Events a second")} value=${rate(sum(counters.rates))} note=${t("{n} received", { n: short(received) })} />
        <${Tile} name=${t("Refused")} value=${whole(rejected)} kind=${rejected ? "warn" : ""} note=${t("in quarantine by reason")} />
        <${Tile} name=${t("Waiting")} value=${whole(waiting)} note=${t("rows in queues")} />
        <${Tile} name=${t("Lost by sinks")} value=${whole(dropped)} kind=${dropped ? "bad" : ""} note=${t("dropped or refused")} />
        <${Tile} name=${t("Alerts")} value=${whole(alerts.length)} kind=${alerts.length ? "warn" : ""} note=${t("the last hundred")} />
        <${Tile} name=${t("Running")} value=${status ? age(status.started_at) : "–"} note=${status ? `Penstock ${status.version}` : ""} />
    </div>`;
}

function Troubles({ instances }) {
    const rows = instances.filter((one) => one.state === "failed" || one.state === "degraded");
    if (!rows.length) return null;
    return html`<div class="banner bad" role="alert"><h2>${t("Needs a look")}</h2>
        ${rows.map((one) => html`<p><${State} state=${one.state} /> <b>${one.kind}/${one.id}</b> ${one.message}</p>`)}</div>`;
}

export default function Overview() {
    const { instances, status } = usePage();
    const counters = useCounters();
    const alerts = useAlerts();
    const list = useAnswer("/api/v2/stocks", { query: { limit: 10_000 }, load: (path, options) => askAll(path, "stocks", options), seconds: 30 });
    const byPipeline = useMemo(() => {
        const sources = {};
        for (const one of list.data ?? []) for (const id of one.pipelines) for (const source of one.sources) (sources[id] ??= new Set()).add(source);
        return sources;
    }, [list.data]);
    if (!counters.pipelines || !status) return html`<${Head} title=${t("Overview")} /><${Waiting} />`;
    return html`<${Head} title=${t("Overview")} />
        <${Troubles} instances=${instances} />
        <${Tiles} counters=${counters} stocks=${list.data} alerts=${alerts} status=${status} />
        ${counters.pipelines.map((pipeline) => html`<${Card} key=${pipeline.pipeline} wide title=${t("Pipeline {id}", { id: pipeline.pipeline })} id=${`pipeline-${pipeline.pipeline}`}>
            <${Graph} pipeline=${pipeline} rate=${counters.rates[pipeline.pipeline] ?? 0} instances=${instances} sources=${byPipeline[pipeline.pipeline]} /></${Card}>`)}
        <div class="grid">
            <${Card} title=${t("Alerts")} id="alerts"><${AlertList} alerts=${alerts.slice(0, 20)} /></${Card}>
            <${Card} title=${t("Freshness")} id="freshness"><${Freshness} list=${list} instances=${instances} /></${Card}>
        </div>`;
}
