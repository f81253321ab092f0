// Instrument: candles with volume, indicators, predictions with what came of them, where each bar is from; back to any day.

import { html, useEffect, useMemo, useRef, useState } from "/libraries/preact-htm.js";
import { ask, askAll, stock } from "/assets/api.js";
import { useAnswer, useCalm, usePage } from "/assets/hooks.js";
import { Card, Fault, Head, Missing, Waiting, useLibrary } from "/assets/parts.js";
import { useBars } from "/assets/bars.js";
import { PriceChart } from "/assets/chart.js";
import { Latest, Origin } from "/assets/origin.js";
import { instant, price, seconds, short } from "/assets/format.js";
import { t } from "/assets/words.js";

const settings = {
    get: (name, standard) => JSON.parse(localStorage.getItem(`penstock.${name}`) ?? JSON.stringify(standard)),
    set: (name, value) => localStorage.setItem(`penstock.${name}`, JSON.stringify(value)),
};

/** The unit of a column, as the indicator declares it; `undefined` for a formula. */
function unitOf(known, name, column) {
    const outputs = known?.find((one) => one.name === name)?.outputs;
    return (outputs?.find((one) => `${name}.${one.name}` === column) ?? outputs?.[0])?.unit;
}

/** Columns of indicators over the bars that are shown, by indicator. */
function useIndicators(instrument, names, bars, options, known) {
    const { data, fault } = useAnswer(bars.length && names.length ? stock(instrument, "/indicators") : undefined, {
        query: { names: names.join(","), from: new Date((bars[0]?.at ?? 0) * 1000).toISOString(), limit: 10_000, ...options },
        load: async (path, request) => {
            const first = await ask(path, request);
            const rows = first.rows;
            for (let cursor = first.next_cursor; cursor && rows.length < 100_000;) {
                const more = await ask(path, { ...request, query: { ...request.query, cursor } });
                rows.push(...more.rows);
                cursor = more.next_cursor;
            }
            return { columns: first.columns, rows: rows.sort((a, b) => a.time.localeCompare(b.time)) };
        },
    });
    const rows = useNewRows(instrument, data, bars, { names: names.join(","), ...options });
    const groups = useMemo(() => names.map((name) => ({
        name,
        columns: (data?.columns ?? []).flatMap((column, index) => (column === name || column.startsWith(`${name}.`)
            ? [{ name: column, unit: unitOf(known, name, column), points: rows.filter((row) => row.values[index] !== null).map((row) => ({ time: seconds(row.time), value: row.values[index] })) }]
            : [])),
    })).filter((group) => group.columns.length), [rows, known]);
    return { groups, fault };
}

/** The rows, and once a second those of bars that have come since. */
function useNewRows(instrument, data, bars, query) {
    const [more, set] = useState({ rows: [] });
    const rows = useMemo(() => (more.of === data ? [...(data?.rows ?? []), ...more.rows] : data?.rows ?? []), [data, more]);
    const last = rows.at(-1)?.time;
    const isBehind = data && last && bars.at(-1)?.at > seconds(last);
    useEffect(() => {
        if (!isBehind) return;
        const timer = setTimeout(async () => {
            const answer = await ask(stock(instrument, "/indicators"), { query: { ...query, from: last, limit: 10_000 } }).catch(() => undefined);
            const fresh = (answer?.rows ?? []).filter((row) => row.time > last);
            if (fresh.length) set((old) => ({ of: data, rows: [...(old.of === data ? old.rows : []), ...fresh] }));
        }, 1000);
        return () => clearTimeout(timer);
    }, [Boolean(isBehind), last, data]);
    return rows;
}

/** What a model said and what came, at the bar it was said of. */
function useOutcomes(instrument, model, from, live) {
    const { data, fault } = useAnswer(model && from ? "/api/v2/ai/outcomes" : undefined, {
        query: { symbols: instrument, model, from, limit: 10_000 }, load: (path, options) => askAll(path, "outcomes", { ...options, most: 50_000 }),
    });
    const group = useMemo(() => {
        const rows = [...new Map([...(data ?? []), ...(live ?? []).filter((row) => row.model === model)].map((row) => [row.predicted_at, row])).values()].sort((a, b) => a.predicted_at.localeCompare(b.predicted_at));
        if (!rows.length) return undefined;
        const column = (name, member, options) => ({ name: `${model}: ${t(name)}`, ...options, points: rows.filter((row) => typeof row[member] === "number").map((row) => ({ time: seconds(row.predicted_at), value: row[member] })) });
        const columns = [column("came", "actual", { bars: true }), column("predicted", "value"), column("lower bound", "lower", { options: { lineStyle: 1 } }), column("upper bound", "upper", { options: { lineStyle: 1 } })];
        return { name: model, apart: true, columns: columns.filter((one) => one.points.length) };
    }, [data, live, model]);
    return { group, fault };
}

function Chart({ library, series, groups, ahead, marks, day, onPick }) {
    const { theme } = usePage();
    const place = useRef();
    const chart = useRef();
    const under = useRef();
    const newest = useRef({});
    newest.current = { series, onPick };
    const [legend, setLegend] = useState([]);
    const [made, setMade] = useState(0);
    useEffect(() => {
        chart.current = new PriceChart(library, place.current, { early: () => newest.current.series.earlier(), picked: (at) => newest.current.onPick(at),
            over: (bar) => (under.current.textContent = bar ? `${instant(new Date(bar.time * 1000).toISOString())}  ${[bar.open, bar.high, bar.low, bar.close].map(price).join("  ")}  ${short(bar.volume)}` : "") });
        setMade((count) => count + 1);
        return () => chart.current.end();
    }, [library, theme]);
    useEffect(() => {
        const one = chart.current;
        if (!series.bars.length) return;
        // For whoever looks at the page from outside, as the tests do.
        place.current.bars = series.bars;
        if (!one.bars) {
            one.setBars(series.bars);
            one.show(day);
        } else if (one.isContinuedBy(series.bars)) one.update(series.bars);
        else one.setBars(series.bars);
    }, [series.bars, made]);
    useEffect(() => {
        if (chart.current.bars) chart.current.show(day);
    }, [day, made]);
    useEffect(() => {
        if (chart.current.bars) setLegend(chart.current.setGroups(groups));
    }, [groups, made, series.bars.length > 0]);
    useEffect(() => {
        if (!chart.current.bars) return;
        chart.current.setAhead(ahead);
        chart.current.setMarks(marks);
    }, [ahead, marks, made, series.bars]);
    return html`<div class="legend">${legend.map((one) => html`<span class=${`c-${one.color}`}>${one.name}</span>`)}<output ref=${under}></output></div>
        <div class="chart" ref=${place} role="group" aria-label=${t("Candles, volume and what was chosen; the numbers of a bar stand below.")}></div>`;
}

function Choices({ instrument, stocks, chosen, set, model, setModel, models, indicators, timeframe, setTimeframe, timeframes, adjust, setAdjust, onDay }) {
    const go = (event) => {
        const text = event.target.value.trim();
        if (text && text !== instrument) location.hash = `#/instrument/${encodeURIComponent(text)}`;
    };
    const option = (value, text) => html`<option value=${value}>${text ?? value}</option>`;
    return html`<div class="row">
        <label>${t("Instrument")} <input list="instruments" value=${instrument} onChange=${go} size="12" /></label>
        <datalist id="instruments">${stocks.map((one) => html`<option value=${one.instrument} />`)}</datalist>
        ${timeframes.length > 1 && html`<label>${t("Timeframe")} <select value=${timeframe} onChange=${(event) => setTimeframe(event.target.value)}>${timeframes.map((one) => option(one))}</select></label>`}
        <label>${t("Adjusted")} <select value=${adjust} onChange=${(event) => setAdjust(event.target.value)}>${[["", t("as stored")], ["qfq"], ["hfq"], ["total_return"]].map(([value, text]) => option(value, text))}</select></label>
        <label>${t("Model")} <select value=${model} onChange=${(event) => setModel(event.target.value)}>${option("", t("none"))}${models.map((one) => option(one))}</select></label>
        <label>${t("Indicator")} <select value="" onChange=${(event) => event.target.value && set([...new Set([...chosen, event.target.value])])}>
            ${option("", t("add"))}${indicators.map((one) => option(one.name))}</select></label>
        <div class="chips">${chosen.map((name) => html`<button class="chip" onClick=${() => set(chosen.filter((one) => one !== name))} aria-label=${t("Take {name} away", { name })}>${name} ×</button>`)}</div>
        <span class="spring"></span>
        <label>${t("Go to day")} <input type="date" min="1800-01-01" onChange=${(event) => onDay(event.target.value)} /></label>
        <button onClick=${() => onDay("")}>${t("Newest")}</button></div>`;
}

export default function Instrument() {
    const { route, instances } = usePage();
    const list = useAnswer("/api/v2/stocks", { query: { limit: 10_000 }, load: (path, options) => askAll(path, "stocks", options) });
    const asked = route.parts[1];
    const known = (list.data ?? []).find((one) => one.instrument === asked || one.symbol === asked);
    const instrument = known?.instrument ?? asked ?? list.data?.[0]?.instrument;
    return instrument
        ? html`<${Sheet} key=${instrument} instrument=${instrument} stocks=${list.data ?? []} models=${instances.filter((one) => one.kind === "model" && one.state !== "disabled").map((one) => one.id)} />`
        : html`<${Head} title=${t("Instrument")} />${list.data ? html`<p class="soft">${t("No instrument has an event yet.")}</p>` : html`<${Waiting} fault=${list.fault} again=${list.again} />`}`;
}

function Sheet({ instrument, stocks, models }) {
    const { library, missing } = useLibrary("/libraries/lightweight-charts.js", "LightweightCharts");
    const [chosen, setChosen] = useState(() => settings.get("indicators", ["sma", "rsi"]));
    const [asked, setModel] = useState(() => settings.get("model", null));
    const model = models.includes(asked) || asked === "" ? asked : models[0] ?? "";
    const [timeframe, setTimeframe] = useState(undefined);
    const [adjust, setAdjust] = useState("");
    const [day, setDay] = useState(undefined);
    const [picked, setPicked] = useState(undefined);
    const quotes = useAnswer("/api/v2/stocks/quotes", { query: { symbols: instrument }, seconds: 60 });
    const indicators = useAnswer("/api/v2/indicators");
    const predictions = useAnswer("/api/v2/ai/predictions", { query: { symbols: instrument }, load: (path, options) => ask(path, { ...options, statuses: [404] }) });
    const series = useBars(instrument, { timeframe, adjust: adjust || undefined });
    const options = { timeframe: series.timeframe, adjust: adjust || undefined };
    const overlays = useIndicators(instrument, chosen, series.bars, options, indicators.data?.indicators);
    const first = series.bars[0]?.time;
    const newest = useCalm(series.bars.at(-1)?.at, 3000);
    const outcomes = useOutcomes(instrument, model, first, useCalm(series.live.outcomes, 1000));
    const groups = useMemo(() => [...overlays.groups, ...(outcomes.group ? [outcomes.group] : [])], [overlays.groups, outcomes.group]);
    const said = series.live.predictions?.[model] ?? (predictions.data?.predictions ?? []).find((one) => one.model === model);
    const isReturn = /^return over (\d+)/.exec(said?.target ?? "");
    const ahead = useMemo(() => (isReturn ? { ...said, steps: Number(isReturn[1]) } : undefined), [said]);
    const marks = useMemo(() => marksOf(series, instrument), [series.bars, series.live]);
    const timeframes = [...new Set((quotes.data?.quotes ?? []).map((one) => one.timeframe).filter(Boolean))];
    const jump = async (text) => {
        if (!text) return setDay(undefined);
        const at = Date.parse(text) / 1000;
        await series.reach(at - 100 * 86_400);
        setDay(at);
    };
    return html`<${Head} title=${instrument} />
        <${Choices} ...${{ instrument, stocks, chosen, models, model, timeframe: series.timeframe, setTimeframe, timeframes, adjust, setAdjust, indicators: indicators.data?.indicators ?? [], onDay: jump }}
            set=${(names) => {
                settings.set("indicators", names);
                setChosen(names);
            }} setModel=${(name) => {
                settings.set("model", name);
                setModel(name);
            }} />
        <${Fault} fault=${series.fault ?? overlays.fault ?? outcomes.fault} />
        ${missing && html`<${Missing} name="Lightweight Charts" />`}
        <${Card} wide>${library && series.bars.length > 0
            ? html`<${Chart} library=${library} series=${series} groups=${groups} ahead=${ahead} marks=${marks} day=${day} onPick=${setPicked} />`
            : !missing && !series.fault && html`<${Waiting} />`}</${Card}>
        <div class="grid"><${Latest} instrument=${instrument} quotes=${quotes.data?.quotes} bar=${series.bars.at(-1)} predictions=${predictions.data?.predictions} live=${series.live} />
        <${Origin} instrument=${instrument} at=${picked ?? newest} timeframe=${series.timeframe} /></div>`;
}

/** Marks where the source changes, where a bar was corrected or flagged, where an alert is. */
function marksOf(series, instrument) {
    const marks = [];
    series.bars.forEach((bar, index) => {
        const before = series.bars[index - 1];
        const texts = [];
        if (before && before.source !== bar.source) texts.push(bar.source);
        if (bar.version > 1) texts.push(t("corrected"));
        texts.push(...(bar.flags ?? []).filter((flag) => flag !== "adjusted").map((flag) => t(flag.replaceAll("_", " "))));
        if (texts.length) marks.push({ at: bar.at, text: texts.join(", "), kind: "flag" });
    });
    for (const alert of series.live.alerts ?? []) {
        const bar = series.bars.findLast((one) => one.at <= seconds(alert.time));
        if (bar && alert.instrument === instrument) marks.push({ at: bar.at, text: alert.rule, kind: "alert" });
    }
    return marks.sort((a, b) => a.at - b.at);
}
