// What is known of an instrument's newest bar, and where one bar comes from.

import { html, useRef } from "/libraries/preact-htm.js";
import { ask, stock } from "/assets/api.js";
import { useAnswer } from "/assets/hooks.js";
import { Card, Facts, Table, Waiting } from "/assets/parts.js";
import { age, figure, instant, percent, price, short, whole } from "/assets/format.js";
import { t } from "/assets/words.js";

const flags = (list) => (list?.length ? list.map((flag) => t(flag.replaceAll("_", " "))).join(", ") : t("none"));

const bounds = (row) => (typeof row.lower === "number" && typeof row.upper === "number" ? `${figure(row.lower)} … ${figure(row.upper)}` : undefined);

const notes = (row) => flags([...(row.flags ?? []), ...(row.abstain ? ["outside of what it learned"] : [])]);

// What is live has bounds of its own, or none.
const newer = (row, live) => (live ? { ...row, lower: undefined, upper: undefined, abstain: undefined, ...live } : row);

export function Latest({ quotes, bar, predictions, live }) {
    const quote = quotes?.[0];
    const rows = (predictions ?? []).map((row) => newer(row, live.predictions?.[row.model]));
    const change = quote?.change_percent;
    return html`<${Card} title=${t("Newest")} id="newest">
        ${bar ? html`<${Facts} rows=${[
            [t("Close"), html`<b>${price(bar.close)}</b> ${typeof change === "number" && html`<span class=${change < 0 ? "down" : "up"}>${percent(change / 100)}</span>`}`],
            [t("Open, high, low"), `${price(bar.open)} · ${price(bar.high)} · ${price(bar.low)}`],
            [t("Volume"), short(bar.volume)], [t("Time (UTC)"), `${instant(bar.time)} (${age(bar.time)})`],
            [t("Source"), bar.source], [t("Flags"), flags(bar.flags ?? quote?.flags)], quote && [t("Pipeline"), `${quote.pipeline} · ${quote.timeframe ?? quote.kind}`],
        ]} />` : html`<${Waiting} />`}
        <h3>${t("Predictions from it")}</h3>
        <${Table} caption=${t("Predictions")} rows=${rows} empty=${t("No model has predicted it.")} columns=${[
            [t("Model"), (row) => html`<a href=${`#/models/${encodeURIComponent(row.model)}`}>${row.model}</a>`], [t("Target"), (row) => row.target],
            [t("Value"), (row) => figure(row.value, 5), "num"], [t("Interval"), bounds, "num"], [t("Flags"), notes],
        ]} /></${Card}>`;
}

export function Origin({ instrument, at, timeframe }) {
    const time = at && new Date(at * 1000).toISOString().replace(".000", "");
    const kept = useRef();
    const { data: answer, fault, again } = useAnswer(time ? stock(instrument, "/explain") : undefined, { query: { time, timeframe } });
    // The one before stands until the next is here.
    const data = (kept.current = answer ?? (fault ? undefined : kept.current));
    const bar = data?.bar;
    return html`<${Card} title=${t("Where a bar comes from")} id="origin">
        <p class="soft small">${t("Press a candle to choose it.")}</p>
        ${!data ? html`<${Waiting} fault=${fault} again=${again} />` : html`<${Facts} rows=${[
            [t("Time (UTC)"), instant(bar.time)], [t("Open, high, low, close"), [bar.open, bar.high, bar.low, bar.close].map(price).join(" · ")],
            [t("Volume"), whole(bar.volume)], [t("Source"), data.source], [t("Asked"), t("{n} times", { n: whole(data.attempts) })],
            [t("Came by"), data.came], data.fetched_at && [t("Fetched"), instant(data.fetched_at)], [t("Stored"), instant(data.stored_at)],
            [t("Known since"), instant(data.known_at)], [t("Version"), whole(data.version)],
        ]} />
        <h3>${t("Predicted from it")}</h3>
        <${Table} caption=${t("Predicted from it")} rows=${data.predictions} empty=${t("Nothing that is still kept.")} columns=${[
            [t("Model"), (row) => row.model], [t("Target"), (row) => row.target], [t("Value"), (row) => figure(row.value, 5), "num"], [t("Fit"), (row) => row.origin],
        ]} />`}</${Card}>`;
}
