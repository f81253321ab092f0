// Figures over outcomes: predictions with what came.

import { seconds } from "/assets/format.js";

/** Pearson's correlation of predicted and actual values; null where one of them does not vary. */
function correlation(rows) {
    const count = rows.length;
    let [x, y] = [0, 0];
    for (const row of rows) [x, y] = [x + row.value, y + row.actual];
    [x, y] = [x / count, y / count];
    let [xx, yy, xy] = [0, 0, 0];
    for (const row of rows) {
        const [a, b] = [row.value - x, row.actual - y];
        [xx, yy, xy] = [xx + a * a, yy + b * b, xy + a * b];
    }
    return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
}

const mean = (rows, value) => rows.reduce((sum, row) => sum + value(row), 0) / rows.length;

/** Of some outcomes: how many, correlation, share whose direction was right, mean absolute error, and that of always saying 0. */
export function figures(rows) {
    return {
        count: rows.length, ic: correlation(rows), hits: mean(rows, (row) => Number(Math.sign(row.value) === Math.sign(row.actual))),
        error: mean(rows, (row) => Math.abs(row.value - row.actual)), naive: mean(rows, (row) => Math.abs(row.actual)),
    };
}

export const instruments = (rows) => [...new Set(rows.map((row) => row.instrument))].sort();

/** Figures over a window that moves along, at most 300 points, and of each year. */
export function rolling(outcomes) {
    const rows = outcomes.filter((row) => Number.isFinite(row.value) && Number.isFinite(row.actual)).sort((a, b) => a.time.localeCompare(b.time));
    const window = Math.min(1000, Math.max(20, Math.floor(rows.length / 10)));
    const made = { x: [], ic: [], hits: [], error: [], naive: [], count: rows.length, window, years: [] };
    const step = Math.max(1, Math.floor(rows.length / 300));
    for (let end = window; end <= rows.length; end += step) {
        const at = seconds(rows[end - 1].time);
        if (at === made.x.at(-1)) continue;
        const found = figures(rows.slice(end - window, end));
        made.x.push(at);
        made.ic.push(found.ic);
        made.hits.push(found.hits - 0.5);
        made.error.push(found.error);
        made.naive.push(found.naive);
    }
    const years = Map.groupBy(rows, (row) => row.time.slice(0, 4));
    made.years = [...years].map(([year, list]) => ({ year, ...figures(list) })).reverse();
    return made;
}
