// The bars of one instrument: the newest pages first, earlier ones when they are looked for, live ones as they come.

import { useCallback, useEffect, useRef, useState } from "/libraries/preact-htm.js";
import { ask, stock } from "/assets/api.js";
import { useChannel, usePage } from "/assets/hooks.js";
import { seconds } from "/assets/format.js";

const page = 1000;
// As far back as one jump to a day goes at most.
const mostPages = 60;
const retry = 2000;
// Alerts and outcomes that came while the page stood.
const mostNews = 5000;

const placed = (bar) => ({ ...bar, at: seconds(bar.time) });

/** Joins bars in ascending time; of two at one time the later given stays. */
function joined(...lists) {
    const byTime = new Map();
    for (const list of lists) for (const bar of list) byTime.set(bar.at, bar);
    return [...byTime.values()].sort((a, b) => a.at - b.at);
}

/** Returns { bars, timeframe, fault, isWhole, earlier(), reach(seconds), live }: `live` is the newest of what came besides bars. */
export function useBars(instrument, { timeframe, adjust }) {
    const { returns } = usePage();
    const [state, set] = useState({ bars: [] });
    const [live, setLive] = useState({});
    const work = useRef({});
    const key = [instrument, timeframe, adjust].join("|");

    const load = useCallback((query) => ask(stock(instrument, "/historical"), { query: { timeframe, adjust, limit: page, ...query } }), [key]);

    const take = (job, bars, more = {}) => {
        if (work.current !== job) return;
        job.bars = joined(job.bars ?? [], bars);
        set((old) => ({ ...old, ...more, key, bars: job.bars, isWhole: !job.next }));
    };

    useEffect(() => {
        if (!instrument) return;
        const before = work.current;
        const job = { key };
        work.current = job;
        set((old) => (old.key === key ? old : { key, bars: [] }));
        const isSame = before.key === key && before.bars?.length > 0;
        const begin = async () => {
            if (work.current !== job) return;
            try {
                const answer = await load({ period: "max" });
                const fresh = answer.bars.map(placed);
                const isJoined = isSame && fresh[0]?.at <= before.bars.at(-1).at;
                job.next = isJoined ? before.next : answer.next_to;
                job.stored = fresh.at(-1)?.time;
                job.bars = isJoined ? before.bars : [];
                take(job, [...fresh, ...(job.waiting ?? []).filter((bar) => bar.timeframe === answer.timeframe)], { timeframe: answer.timeframe, fault: undefined });
            } catch (fault) {
                if (work.current !== job) return;
                set((old) => ({ ...old, key, fault }));
                // A host that has just come back has no bars yet.
                setTimeout(begin, retry);
            }
        };
        begin();
    }, [key, returns]);
    useEffect(() => () => (work.current = {}), []);

    /** Asks for what was stored between the answer with the bars and the first live message. */
    const catchUp = async () => {
        const job = work.current;
        if (!job.stored) return;
        const answer = await load({ from: job.stored, limit: 5000 }).catch(() => undefined);
        if (answer && work.current === job) take(job, answer.bars.map(placed));
    };

    // Who asks while a page is on its way waits for that page.
    const earlier = useCallback(() => {
        const job = work.current;
        job.coming ??= next(job).finally(() => (job.coming = undefined));
        return job.coming;
    }, [key]);

    const next = async (job) => {
        if (!job.next) return false;
        try {
            const answer = await load({ from: "1800-01-01", to: job.next });
            job.next = answer.next_to;
            take(job, answer.bars.map(placed));
            return work.current === job;
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
            if (message.kind === "welcome") for (const wait of [0, 2000]) setTimeout(catchUp, wait);
            if (message.kind === "bars" && (!job.bars || message.timeframe === state.timeframe)) fresh.push(placed(message));
            if (message.kind === "predictions") news.predictions = { ...news.predictions, [message.model]: { ...message, ...message.outputs } };
            if (message.kind === "alerts" || message.kind === "outcomes") (news[message.kind] ??= []).push(message);
        }
        if (Object.keys(news).length) {
            const more = (old, name) => (news[name] ? [...(old[name] ?? []), ...news[name]].slice(-mostNews) : old[name]);
            setLive((old) => ({ predictions: { ...old.predictions, ...news.predictions }, alerts: more(old, "alerts"), outcomes: more(old, "outcomes") }));
        }
        if (!fresh.length) return;
        // What comes before the stored bars are here waits for them.
        if (job.bars) take(job, fresh);
        else (job.waiting ??= []).push(...fresh);
    }, { query: { symbols: instrument } });

    return { ...(state.key === key ? state : { bars: [] }), earlier, reach, live };
}
