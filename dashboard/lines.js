// Lines over time or over a number, drawn by uPlot. Foreign text never reaches it: names stand in the legend beside it.

import { html, useEffect, useRef } from "/libraries/preact-htm.js";
import { usePage } from "/assets/hooks.js";
import { Missing, useLibrary } from "/assets/parts.js";

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function useStyle() {
    useEffect(() => {
        if (document.querySelector("link[data-uplot]")) return;
        const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/libraries/uplot.css" });
        link.dataset.uplot = "";
        document.head.append(link);
    }, []);
}

/**
 * @param x      numbers in ascending order; seconds where `isTime`
 * @param series [{ name, values, points }]
 * @param level  a line across, as 0
 */
export function Lines({ title, x, series, isTime = true, level, format }) {
    const { theme } = usePage();
    const { library, missing } = useLibrary("/libraries/uplot.js", "uPlot");
    const place = useRef();
    useStyle();
    useEffect(() => {
        if (!library || !place.current) return;
        const axis = { stroke: color("soft"), grid: { stroke: color("grid"), width: 1 }, ticks: { stroke: color("grid"), width: 1 } };
        const across = level === undefined ? [] : [{ stroke: color("idle"), dash: [4, 4], width: 1, points: { show: false } }];
        const plot = new library({
            width: place.current.clientWidth, height: place.current.clientHeight,
            legend: { show: false }, cursor: { drag: { setScale: true } }, scales: { x: { time: isTime } }, tzDate: (seconds) => library.tzDate(new Date(seconds * 1000), "Etc/UTC"),
            axes: [axis, { ...axis, size: 62, values: (_, values) => values.map((value) => (format ? format(value) : String(value))) }],
            series: [{}, ...series.map((one, index) => ({
                stroke: color(`series${index + 1}`), width: one.points ? 0 : 2, spanGaps: true, points: { show: one.points ?? x.length < 30, size: 7, fill: color(`series${index + 1}`) },
            })), ...across],
        }, [x, ...series.map((one) => one.values), ...(level === undefined ? [] : [x.map(() => level)])], place.current);
        const watch = new ResizeObserver(() => place.current && plot.setSize({ width: place.current.clientWidth, height: place.current.clientHeight }));
        watch.observe(place.current);
        return () => {
            watch.disconnect();
            plot.destroy();
        };
    }, [library, x, series, theme]);
    if (missing) return html`<${Missing} name="uPlot" />`;
    return html`<figure aria-label=${title}><figcaption class="legend"><b>${title}</b>${series.map((one, index) => html`<span class=${`s${index + 1}`}>${one.name}</span>`)}</figcaption>
        <div class="lines" ref=${place}></div></figure>`;
}
