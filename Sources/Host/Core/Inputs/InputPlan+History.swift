package import PluginKit

extension InputPlan {
    /// Returns what a pipeline would make of all the past that a provider answered: the bars it accepts, or builds, and how
    /// many rows it refuses.
    ///
    /// - Parameters:
    ///   - isKnown: for each instrument number, whether the pipeline follows it.
    ///   - latest: the last event time that is no future.
    package func bars(of reply: Reply, isKnown: [Bool], latest: Int64) -> (bars: [Bar], refused: Int) {
        var stage = stage(isKnown: isKnown, FeaturePlan(instances: []))
        var refused = reply.defects.count
        var bars: [Bar] = []
        for item in items(reply.batch, latest) {
            stage.judge(item) { _, _ in refused += 1 }
            bars += Bar.events(of: stage.events) ?? []
        }
        if section != nil {
            stage.close(through: .max)
            bars += Bar.events(of: stage.events) ?? []
        }
        stage.finish { _, _ in refused += 1 }
        return (bars, refused)
    }

    /// The answer as deliveries of so many events at most: where bars are built of it, or wait for each other, as one in order
    /// of time, and then the end.
    func items(_ batch: EventBatch, _ latest: Int64, most: Int = .max) -> [IngestItem] {
        func item(_ batch: EventBatch) -> IngestItem {
            IngestItem(
                sequence: 1, events: batch, defects: [], clock: .same(latest), latest: latest,
                provenance: Provenance(source: route.first.id))
        }
        guard shape != nil || section != nil else {
            guard batch.count > most else { return [item(batch)] }
            return stride(from: 0, to: batch.count, by: most).map { start in
                item(batch.filter { place, _, _ in place >= start && place < start + most })
            }
        }
        var whole = item(batch.edited(by: Sorting()))
        whole.events.forEach { _, time, _ in
            whole.reached = max(whole.reached, time)
            whole.eventClock.append(whole.reached)
        }
        var end = item(.empty(sourceKind))
        end.reached = whole.reached
        end.isEnd = true
        return [whole, end]
    }
}

private struct Sorting: BatchEdit {
    func edit<Event: MarketEvent>(_ events: [Event]) -> [Event] {
        events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }
}
