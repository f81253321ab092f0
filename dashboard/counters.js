// The counters of the pipelines, as they change.

import { useEffect, useRef, useState } from "/libraries/preact-htm.js";
import { useChannel } from "/assets/hooks.js";

/** What counters by reason add up to. */
export const sum = (counts) => Object.values(counts ?? {}).reduce((all, one) => all + one, 0);

/** The counters of all pipelines, and how many events a second each took in between the last two messages. */
export function useCounters() {
    const [state, set] = useState({ pipelines: undefined, rates: {} });
    const last = useRef({});
    useChannel("/ws/stream-metrics", (messages) => {
        const message = messages.at(-1);
        const pipelines = message.pipelines ?? message.counters?.pipelines;
        const time = message.time ? Date.parse(message.time) : undefined;
        const rates = {};
        for (const one of pipelines) {
            const before = last.current[one.pipeline];
            const elapsed = before?.time && time ? (time - before.time) / 1000 : 0;
            rates[one.pipeline] = elapsed > 0 && one.received >= before.received ? (one.received - before.received) / elapsed : 0;
            last.current[one.pipeline] = { time, received: one.received };
        }
        set({ pipelines, rates, heard: Date.now() });
    });
    useEffect(() => {
        // The channel is silent where nothing changes: then nothing flows.
        const timer = setInterval(() => set((old) => (old.heard && Date.now() - old.heard > 2500 && sum(old.rates) > 0 ? { ...old, rates: {} } : old)), 1000);
        return () => clearInterval(timer);
    }, []);
    return state;
}
