// The bars of one instrument: the newest pages first, earlier ones when they are looked for, live ones as they come.

import { useCallback, useEffect, useRef, useState } from "/libraries/preact-htm.js";
import { ask, stock } from "/assets/api.js";
import { useChannel, usePage } from "/assets/hooks.js";
import { seconds } from "/assets/format.js";

const page = 1000;
// As far back as one jump to a day goes at most.
const mostPages = 60;

const placed = (bar) => ({ ...bar, at: seconds(bar.time) });

/** Joins bars in ascending time; of two at one time the later given stays. */
function joined(...lists) {
    const byTime = new Map();
    for (const list of lists) for (const bar of list) byTime.set(bar.at, bar);
    return [...byTime.values()].sort((a, b) => a.at - b.at);
}

/**
 * Returns { bars, fault, isWhole, earlier(), reach(seconds), live }: `live` is the newest message of each kind,
 * `change` says what the bars last changed by: "first", "earlier" or "live".
 */
export function useBars(instrument, { timeframe, adjust }) {
    const { returns } = usePage();
    const [state, set] = useState({ bars: [] });
    const [live, setLive] = useState({});
    const work = useRef({});
    const key = [instrument, timeframe, adjust].join("|");

    const load = useCallback(async (to, limit = page) => ask(stock(instrument, "/historical"), {
        query: { period: to ? undefined : "max", from: to ? "1800-01-01" : undefined, to, timeframe, adjust, limit },
    }), [key]);

    useEffect(() => {
        if (!instrument) return;
        const job = { key };
        work.current = job;
        set((old) => (old.key === key ? old : { key, bars: [] }));
        load().then((answer) => {
            if (work.current !== job) return;
            job.next = answer.next_to;
            const fresh = answer.bars.map(placed);
            job.bars = fresh;
            set({ key, bars: fresh, timeframe: answer.timeframe, isWhole: !job.next, change: "first" });
        }, (fault) => work.current === job && set((old) => ({ ...old, key, fault })));
        return () => (work.current = {});
    }, [key, returns]);

    // Who asks while a page is on its way waits for that page.
    const earlier = useCallback(() => {
        const job = work.current;
        job.coming ??= next(job).finally(() => (job.coming = undefined));
        return job.coming;
    }, [key]);

    const next = async (job) => {
        if (!job.next) return false;
        try {
            const answer = await load(job.next);
            if (work.current !== job) return false;
            job.next = answer.next_to;
            job.bars = joined(answer.bars.map(placed), job.bars);
            set((old) => ({ ...old, bars: job.bars, isWhole: !job.next, change: "earlier" }));
            return true;
        } catch (fault) {
            if (work.current === job) set((old) => ({ ...old, fault }));
            return false;
        }
    };

    const reach = useCallback(async (day) => {
        for (let count = 0; count < mostPages; count += 1) {
            if (!work.current.bars?.length || work.current.bars[0].at <= day || !(await earlier())) return;
        }
    }, [key]);

    useChannel(instrument && !adjust ? "/ws/enhanced" : undefined, (messages) => {
        const job = work.current;
        const news = {};
        const fresh = [];
        for (const message of messages) {
            if (message.kind === "welcome") continue;
            if (message.kind === "bars" && message.timeframe === state.timeframe) fresh.push(placed(message));
            if (message.kind === "predictions") news.predictions = { ...news.predictions, [message.model]: message };
            if (message.kind === "alerts") news.alerts = [...(news.alerts ?? []), message];
        }
        if (news.predictions || news.alerts) {
            setLive((old) => ({ predictions: { ...old.predictions, ...news.predictions }, alerts: [...(old.alerts ?? []), ...(news.alerts ?? [])] }));
        }
        if (!fresh.length || !job.bars) return;
        const last = job.bars.at(-1)?.at ?? 0;
        job.bars = joined(job.bars, fresh);
        const isNext = fresh.every((bar) => bar.at >= last);
        set((old) => ({ ...old, bars: job.bars, news: isNext ? fresh : undefined, change: isNext ? "live" : "earlier" }));
    }, { query: { symbols: instrument } });

    return { ...(state.key === key ? state : { bars: [] }), earlier, reach, live };
}
