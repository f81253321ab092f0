// Candles with volume, indicators, predictions and marks, drawn by Lightweight Charts.

import { seconds } from "/assets/format.js";

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const lines = ["series1", "series2", "series3", "series4", "warn", "idle"];

export class PriceChart {
    /**
     * @param library LightweightCharts
     * @param place   the element it fills
     * @param told    early(): the reader looks at the first bars; picked(seconds): a bar was pressed; over(bar): the pointer is
     *                over a bar, or over none
     */
    constructor(library, place, told) {
        this.library = library;
        this.added = [];
        this.chart = library.createChart(place, {
            autoSize: true,
            layout: { background: { color: color("card") }, textColor: color("soft"), attributionLogo: true, panes: { separatorColor: color("line") } },
            grid: { vertLines: { color: color("grid") }, horzLines: { color: color("grid") } },
            rightPriceScale: { borderColor: color("line") },
            timeScale: { borderColor: color("line"), timeVisible: false, rightOffset: 4, shiftVisibleRangeOnNewBar: false },
            crosshair: { mode: library.CrosshairMode.Normal },
        });
        this.candles = this.chart.addSeries(library.CandlestickSeries, {
            upColor: color("up"), downColor: color("down"), wickUpColor: color("up"), wickDownColor: color("down"), borderVisible: false,
        });
        this.volume = this.chart.addSeries(library.HistogramSeries, { priceFormat: { type: "volume" }, priceScaleId: "volume", color: color("line"), lastValueVisible: false, priceLineVisible: false });
        this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
        this.chart.priceScale("right").applyOptions({ scaleMargins: { top: 0.06, bottom: 0.22 } });
        this.marks = library.createSeriesMarkers(this.candles, []);
        this.ahead = this.line("series2", { lineStyle: 2, lineWidth: 2, lastValueVisible: true });
        this.bounds = [this.line("series2", { lineStyle: 1, lineWidth: 1 }), this.line("series2", { lineStyle: 1, lineWidth: 1 })];
        this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => range && range.from < 10 && told.early());
        for (const kind of ["pointerdown", "pointerup", "wheel", "touchmove", "keyup"]) place.addEventListener(kind, () => this.settle(), { passive: true });
        this.chart.subscribeCrosshairMove((event) => {
            const bar = event.seriesData?.get(this.candles);
            told.over(bar && { ...bar, volume: event.seriesData.get(this.volume)?.value });
        });
        this.chart.subscribeClick((event) => event.time && told.picked(event.time));
    }

    line(name, options = {}, pane = 0) {
        return this.chart.addSeries(this.library.LineSeries, { color: color(name), lineWidth: 1.5, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false, ...options }, pane);
    }

    /** Bars in ascending time; what is seen stays where it is, or at the newest where that is seen. */
    setBars(bars) {
        const view = this.bars && !this.hold && this.chart.timeScale().getVisibleRange();
        this.bars = bars;
        const hasClock = bars.length > 1 && bars[1].at - bars[0].at < 86_400;
        const typical = bars.at(-1)?.close ?? 100;
        const digits = typical < 1 ? 5 : typical < 10 ? 4 : 2;
        this.candles.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits } });
        this.chart.applyOptions({ timeScale: { timeVisible: hasClock } });
        this.candles.setData(bars.map((bar) => ({ time: bar.at, open: bar.open, high: bar.high, low: bar.low, close: bar.close })));
        this.volume.setData(bars.map((bar) => ({ time: bar.at, value: bar.volume ?? 0, color: this.shade(bar) })));
        if (this.hold) this.follow();
        else if (view) this.chart.timeScale().setVisibleRange(view);
    }

    shade(bar) {
        return `${color(bar.close >= bar.open ? "up" : "down")}55`;
    }

    /** Whether bars are those that are drawn, but for the last of them and newer ones. */
    isContinuedBy(bars) {
        return bars.length >= this.bars.length && this.bars.every((bar, index) => bar === bars[index] || (index === this.bars.length - 1 && bar.at === bars[index].at));
    }

    /** Draws the newest bar again and newer ones; who sees the newest goes on seeing it. */
    update(bars) {
        const fresh = bars.slice(this.bars.length - 1);
        for (const bar of fresh) {
            this.candles.update({ time: bar.at, open: bar.open, high: bar.high, low: bar.low, close: bar.close });
            this.volume.update({ time: bar.at, value: bar.volume ?? 0, color: this.shade(bar) });
        }
        this.bars = bars;
        this.follow();
    }

    /** Keeps the newest bar at its place in the window, where the reader has left it in sight. */
    follow() {
        if (!this.hold || this.isHeld) return;
        const to = this.place() + this.hold.margin;
        this.chart.timeScale().setVisibleLogicalRange({ from: to - this.hold.width, to });
    }

    /** Notes where the reader has the newest bar. The chart moves a frame after it is told to, so it is asked after a while. */
    settle() {
        this.isHeld = true;
        clearTimeout(this.settling);
        this.settling = setTimeout(() => {
            this.isHeld = false;
            const view = this.chart.timeScale().getVisibleLogicalRange();
            const margin = view ? view.to - this.place() : -1;
            this.hold = margin >= 0 ? { margin, width: view.to - view.from } : undefined;
        }, 250);
    }

    place() {
        return this.chart.timeScale().timeToIndex(this.bars.at(-1).at, true);
    }

    /** Shows so many bars up to a day; the newest without one. */
    show(day, count = 160) {
        const index = day ? Math.max(0, this.bars.findIndex((bar) => bar.at >= day)) : this.bars.length - 1;
        const to = day ? index + Math.round(count / 3) : index + 6;
        const end = Math.min(to, this.bars.length + 5);
        this.chart.timeScale().setVisibleLogicalRange({ from: end - count, to: end });
        this.hold = end >= this.bars.length ? { margin: end - this.bars.length + 1, width: count } : undefined;
    }

    /**
     * Draws columns over the price where they are of its size, else in a pane for each group.
     * @param groups [{ name, apart, columns: [{ name, unit, bars, points: [{ time, value }] }] }]; one `apart` is never drawn over it
     * @returns what was drawn, for the legend: [{ name, color, pane }]
     */
    setGroups(groups) {
        const shape = JSON.stringify(groups.map((group) => [group.name, group.columns.map((column) => column.name)]));
        if (shape === this.shape) {
            groups.flatMap((group) => group.columns).forEach((column, index) => this.added[index].setData(column.points));
            return this.legend;
        }
        this.shape = shape;
        for (const series of this.added) this.chart.removeSeries(series);
        while (this.chart.panes().length > 1) this.chart.removePane(1);
        this.added = [];
        const legend = [];
        let pane = 1;
        let next = 0;
        for (const group of groups) {
            let isUsed = false;
            for (const column of group.columns) {
                const isOver = !group.apart && this.isOfPrice(column);
                const name = lines[next++ % lines.length];
                const at = isOver ? 0 : pane;
                isUsed ||= !isOver;
                const series = column.bars
                    ? this.chart.addSeries(this.library.HistogramSeries, { color: `${color("idle")}88`, priceLineVisible: false, lastValueVisible: false }, at)
                    : this.line(name, column.options, at);
                series.applyOptions({ priceFormat: { type: "custom", minMove: 1e-8, formatter: (value) => (Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(2)) } });
                series.setData(column.points);
                this.added.push(series);
                legend.push({ name: column.name, color: column.bars ? "idle" : name });
            }
            if (isUsed) pane += 1;
        }
        this.chart.panes().forEach((one, index) => one.setStretchFactor(index ? 1 : 3.2));
        this.legend = legend;
        return legend;
    }

    /** Whether a column is a price: by its unit where it has one, and by its size beside the closes. */
    isOfPrice({ points, unit }) {
        if (unit !== undefined && unit !== "quote currency" && unit !== "unit of the source") return false;
        const closes = new Map(this.bars.map((bar) => [bar.at, bar.close]));
        const ratios = points.filter((point) => closes.has(point.time)).map((point) => point.value / closes.get(point.time)).sort((a, b) => a - b);
        const middle = ratios[Math.floor(ratios.length / 2)];
        return middle > 0.6 && middle < 1.6;
    }

    /** Where a prediction of a return leads: from the last bar on, with its bounds where it has them. */
    setAhead(prediction) {
        const from = prediction && seconds(prediction.time);
        const step = this.typicalStep() * (prediction?.steps ?? 1);
        const draw = (series, value) => series.setData(typeof value === "number" ? [{ time: from, value: prediction.price }, { time: from + step, value: prediction.price * (1 + value) }] : []);
        draw(this.ahead, prediction?.value);
        draw(this.bounds[0], prediction?.lower);
        draw(this.bounds[1], prediction?.upper);
    }

    typicalStep() {
        const steps = this.bars.slice(-12).map((bar, index, all) => (index ? bar.at - all[index - 1].at : 0)).slice(1).sort((a, b) => a - b);
        return steps[Math.floor(steps.length / 2)] ?? 86_400;
    }

    /** Marks at bars: [{ at, text, kind }]. */
    setMarks(marks) {
        this.marks.setMarkers(marks.map((mark) => ({
            time: mark.at, position: mark.kind === "alert" ? "aboveBar" : "belowBar", shape: mark.kind === "alert" ? "arrowDown" : "circle",
            color: color(mark.kind === "alert" ? "bad" : "warn"), text: mark.text, size: 0.8,
        })));
    }

    end() {
        clearTimeout(this.settling);
        this.chart.remove();
    }
}
