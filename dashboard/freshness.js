// How fresh each instrument is: its last event beside the last session its venue has closed, and why it is behind.

import { html, useEffect, useMemo, useState } from "/libraries/preact-htm.js";
import { ask, stock } from "/assets/api.js";
import { useChannel } from "/assets/hooks.js";
import { Table, Waiting } from "/assets/parts.js";
import { age, instant, price } from "/assets/format.js";
import { t } from "/assets/words.js";

const day = 86_400_000;
const shown = 500;

/** The last session that each venue has closed, by the calendar of one of its instruments; unknown venues are left out. */
function useLastCloses(stocks) {
    const [closes, set] = useState({});
    const venues = [...new Set((stocks ?? []).map((one) => one.venue))].sort().join();
    useEffect(() => {
        let isWanted = true;
        const read = async () => {
            const found = {};
            for (const venue of venues.split(",").filter(Boolean)) {
                const one = stocks.find((each) => each.venue === venue);
                const now = Date.now();
                const dates = { from: new Date(now - 14 * day).toISOString().slice(0, 10), to: new Date(now).toISOString().slice(0, 10) };
                const calendar = await ask(stock(one.instrument, "/calendar"), { query: dates }).catch(() => null);
                const closed = (calendar?.days ?? []).map((each) => each.close).filter((close) => close && Date.parse(close) <= now);
                if (closed.length) found[venue] = closed.at(-1);
            }
            if (isWanted) set(found);
        };
        read();
        const timer = setInterval(read, 600_000);
        return () => {
            isWanted = false;
            clearInterval(timer);
        };
    }, [venues]);
    return closes;
}

/** Why an instrument has nothing newer, by what the host says of its sources and pipelines. */
function reason(row, instances) {
    const of = (kind, id) => instances.find((one) => one.kind === kind && one.id === id);
    for (const id of row.sources) {
        const provider = of("provider", id);
        if (provider && provider.state !== "ok") return `${id}: ${t(provider.state)}${provider.message ? `. ${provider.message}` : ""}`;
    }
    for (const id of row.pipelines) {
        const pipeline = of("pipeline", id);
        if (pipeline?.state === "stopped") return t("{source} has no more: pipeline {id} has ended", { source: row.sources.join(", "), id });
        if (pipeline && pipeline.state !== "ok") return `${id}: ${t(pipeline.state)}${pipeline.message ? `. ${pipeline.message}` : ""}`;
    }
    return t("{source} has not given it", { source: row.sources.join(", ") });
}

export function Freshness({ list, instances }) {
    const [quotes, setQuotes] = useState(new Map());
    const [filter, setFilter] = useState("");
    const closes = useLastCloses(list.data);
    useChannel("/ws/enhanced", (messages) => setQuotes((old) => {
        const next = new Map(old);
        for (const message of messages) {
            if (message.kind === "welcome") for (const quote of message.quotes) next.set(quote.instrument, quote);
            // A host that plays the past again sends older bars than it has.
            if (message.kind === "bars" && !(next.get(message.instrument)?.time > message.time)) next.set(message.instrument, message);
        }
        return next;
    }), { query: { conflate: "true" } });
    const rows = useMemo(() => (list.data ?? []).map((row) => {
        const quote = quotes.get(row.instrument);
        const last = quote && quote.time > row.last ? quote.time : row.last;
        const close = closes[row.venue];
        return { ...row, last, quote, isStale: close ? Date.parse(last) < Date.parse(close) : undefined };
    }).sort((a, b) => (b.isStale === true) - (a.isStale === true) || a.last.localeCompare(b.last) || a.instrument.localeCompare(b.instrument)), [list.data, quotes, closes]);
    if (!list.data) return html`<${Waiting} fault=${list.fault} again=${list.again} />`;
    const wanted = rows.filter((row) => row.instrument.toLowerCase().includes(filter.toLowerCase()));
    const stale = rows.filter((row) => row.isStale).length;
    return html`<div class="row"><span class=${stale ? "state degraded" : "state ok"}>${stale ? t("{n} of {all} behind the last session", { n: stale, all: rows.length }) : t("none is behind")}</span><span class="spring"></span>
            <input type="search" aria-label=${t("Find an instrument")} placeholder=${t("Find an instrument")} value=${filter} onInput=${(event) => setFilter(event.target.value)} /></div>
        <${Table} caption=${t("Freshness")} rows=${wanted.slice(0, shown)} name=${(row) => row.instrument} columns=${[
            [t("Instrument"), (row) => html`<a href=${`#/instrument/${encodeURIComponent(row.instrument)}`}>${row.instrument}</a>`],
            [t("Last"), (row) => price(row.quote?.time === row.last ? row.quote.close ?? row.quote.price : undefined), "num"],
            [t("Time (UTC)"), (row) => instant(row.last), "num"],
            [t("Age"), (row) => age(row.last), "num"],
            [t("State"), (row) => row.isStale === undefined
                ? html`<span class="state">${t("no calendar")}</span>`
                : row.isStale ? html`<span><span class="state degraded">${t("stale")}</span> <span class="soft">${reason(row, instances)}</span></span>` : html`<span class="state ok">${t("fresh")}</span>`],
        ]} />
        ${wanted.length > shown && html`<p class="soft">${t("{n} more: find one by its name.", { n: wanted.length - shown })}</p>`}`;
}
