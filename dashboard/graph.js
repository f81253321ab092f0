// A pipeline as a graph: what feeds it, what it computes, where records go.

import { html, useEffect, useLayoutEffect, useRef, useState } from "/libraries/preact-htm.js";
import { State } from "/assets/parts.js";
import { rate as rateText, whole } from "/assets/format.js";
import { t } from "/assets/words.js";

const counts = (map) => Object.entries(map ?? {}).map(([reason, count]) => `${whole(count)} ${t(reason.replaceAll("_", " "))}`).join(", ");

/** Lines between neighbouring columns, measured where the boxes stand. */
function useLines(place, flows) {
    const [paths, set] = useState([]);
    useLayoutEffect(() => {
        const measure = () => {
            const frame = place.current?.getBoundingClientRect();
            if (!frame) return;
            const columns = [...place.current.querySelectorAll(".column")].map((column) => [...column.querySelectorAll(".box")].map((box) => box.getBoundingClientRect()));
            const next = [];
            for (let index = 0; index + 1 < columns.length; index += 1) {
                for (const from of columns[index]) {
                    for (const to of columns[index + 1]) {
                        const [x1, y1] = [from.right - frame.left, from.top + from.height / 2 - frame.top];
                        const [x2, y2] = [to.left - frame.left, to.top + to.height / 2 - frame.top];
                        next.push(`M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`);
                    }
                }
            }
            set(next);
        };
        measure();
        const watch = new ResizeObserver(measure);
        watch.observe(place.current);
        return () => watch.disconnect();
    }, [flows]);
    return paths;
}

const Box = ({ name, state, message, children }) => html`<div class="box"><b>${name}</b>${state && html`<${State} state=${state} message=${message} />`}${children}</div>`;
const Line = ({ children, kind }) => html`<div class=${`small ${kind ?? "soft"}`}>${children}</div>`;

function Indicators({ list }) {
    const wrong = list.filter((one) => one.state !== "ok" && one.state !== "disabled");
    return html`<${Box} name=${t("{n} indicators", { n: whole(list.filter((one) => one.state !== "disabled").length) })} state=${wrong[0]?.state ?? "ok"} message=${wrong[0]?.message}>
        <${Line}>${list.filter((one) => one.state !== "disabled").slice(0, 20).map((one) => one.id).join(" · ")}${list.length > 20 ? " …" : ""}</${Line}></${Box}>`;
}

function Model({ model, state }) {
    return html`<${Box} name=${model.model} state=${state?.state} message=${state?.message}>
        <${Line}>${t("{n} predicted", { n: whole(model.predicted) })}</${Line}>
        ${Object.keys(model.not_predicted ?? {}).length > 0 && html`<${Line}>${t("without: {list}", { list: counts(model.not_predicted) })}</${Line}>`}</${Box}>`;
}

function Sink({ sink, state }) {
    const lost = [counts(sink.dropped), counts(sink.refused)].filter(Boolean).join(", ");
    return html`<${Box} name=${sink.sink} state=${state?.state} message=${state?.message}>
        <${Line}>${t("{n} delivered", { n: whole(sink.delivered) })}</${Line}>
        <${Line}>${t("{n} waiting", { n: whole(sink.waiting) })}</${Line}>
        ${lost && html`<${Line} kind="bad">${t("lost: {list}", { list: lost })}</${Line}>`}</${Box}>`;
}

export function Graph({ pipeline, rate, instances, sources }) {
    const place = useRef();
    const of = (kind, id) => instances.find((one) => one.kind === kind && one.id === id);
    const providers = instances.filter((one) => one.kind === "provider" && (sources?.size ? sources.has(one.id) : one.state !== "disabled"));
    const own = of("pipeline", pipeline.pipeline);
    const refused = counts(pipeline.rejected);
    const shape = [providers.length, pipeline.models.length, pipeline.sinks.length].join();
    const paths = useLines(place, shape);
    return html`<div class="graph" ref=${place}>
        <svg aria-hidden="true">${paths.map((path) => html`<path d=${path} class=${rate > 0 ? "flows" : ""} />`)}</svg>
        <div class="column">${providers.map((one) => html`<${Box} name=${one.id} state=${one.state} message=${one.message}><${Line}>${one.plugin}</${Line}></${Box}>`)}</div>
        <div class="column"><${Box} name=${t("Quality")} state=${own?.state} message=${own?.message}>
            <${Line} kind="rate">${t("{n} a second", { n: rateText(rate) })}</${Line}>
            <${Line}>${t("{n} accepted of {all}", { n: whole(pipeline.accepted), all: whole(pipeline.received) })}</${Line}>
            <${Line}>${t("{n} waiting", { n: whole(pipeline.ingest_waiting) })}</${Line}>
            ${refused && html`<${Line} kind="warn">${t("refused: {list}", { list: refused })}</${Line}>`}</${Box}></div>
        <div class="column"><${Indicators} list=${instances.filter((one) => one.kind === "indicator")} /></div>
        <div class="column">${pipeline.models.length ? pipeline.models.map((model) => html`<${Model} model=${model} state=${of("model", model.model)} />`) : html`<${Box} name=${t("no models")} />`}</div>
        <div class="column">${pipeline.sinks.map((sink) => html`<${Sink} sink=${sink} state=${of("sink", sink.sink)} />`)}</div>
    </div>`;
}
