import PluginKit

// Making, stopping, and what is held in between.
extension Workbench {
    var lifecycleChecks: [ConformanceCheck] {
        [
            ConformanceCheck("stopUnused", .lifecycle) { try await checkStop(isUsed: false, $0) },
            ConformanceCheck("stopTwice", .lifecycle) { try await checkStop(isUsed: true, $0) },
            ConformanceCheck("sideBySide", .lifecycle) { try await checkSideBySide($0) },
            ConformanceCheck("cancellation", .lifecycle) { try await checkCancelledUse($0) },
            ConformanceCheck("leaks", .lifecycle) { try await checkLeaks($0) },
        ]
    }

    /// Uses an instance a little, as its kind is used.
    func exercise(_ instance: any Plugin) async throws {
        switch instance {
        case let provider as any Provider:
            guard descriptor.provider?.fetches.contains(.bar) == true, !sample.instruments.isEmpty else { return }
            _ = try await provider.fetch(FetchRequest(.bar, of: references, timeframe: sample.timeframe))
        case let sink as any Sink:
            guard let kind = RecordKind.allCases.first(where: descriptor.accepts.contains) else { return }
            _ = try await sink.write(batch(of: kind, rows: 0..<3))
            try await sink.flush()
        case let model as any Model:
            let set = trainingSet(rows: 0..<60)
            let artifact = try await model.fit(set, context: FitContext(seed: 1))
            _ = try model.load(artifact, features: set.features)
        default: return
        }
    }

    /// `stop` returns soon, before use and after, and can be called again.
    private func checkStop(isUsed: Bool, _ notes: ConformanceNotes) async throws {
        guard descriptor.kind != .indicator else { throw NotChecked.notApplicable("an indicator has no stop") }
        let instance = try make(configuration(), in: try place())
        if isUsed { try await exercise(instance) }
        for call in ["the first", "the second"] {
            guard await within(sample.patience, { await instance.stop() }) == nil else { continue }
            return notes.report("\(call) stop did not return in \(sample.patience)")
        }
    }

    /// Two instances do not know each other: one goes on when the other was stopped.
    private func checkSideBySide(_ notes: ConformanceNotes) async throws {
        guard descriptor.kind != .indicator else {
            throw NotChecked.notApplicable("'freshEquality' checks it for an indicator")
        }
        try await use((any Plugin).self) { first, _ in
            try await exercise(first)
            try await use((any Plugin).self) { second, _ in try await exercise(second) }
            if let fault = await fault({ try await exercise(first) }) {
                notes.report("after another instance was stopped, this one throws: \(fault)")
            }
        }
    }

    /// A call whose task is cancelled returns soon, whatever it returns, and the instance can be used after it.
    private func checkCancelledUse(_ notes: ConformanceNotes) async throws {
        guard descriptor.kind != .indicator else { throw NotChecked.notApplicable("an indicator waits for nothing") }
        try await use((any Plugin).self) { instance, _ in
            let button = StopButton()
            button.press()
            let ended = await within(sample.patience, button: button) { await fault { try await exercise(instance) } }
            guard ended != nil else {
                return notes.report("its task was cancelled, and the call did not return in \(sample.patience)")
            }
            if let fault = await fault({ try await exercise(instance) }) {
                notes.report("after a cancelled call it throws: \(fault)")
            }
        }
    }

    /// A hundred instances made, used and stopped leave no file, no thread and no instance behind.
    ///
    /// Other work of the process moves the numbers too, so only growth in five rounds counts, which stand further and further
    /// apart.
    private func checkLeaks(_ notes: ConformanceNotes) async throws {
        let count = 100
        var least: Held?
        for round in 0..<5 {
            if round > 0 { try await Task.sleep(for: .milliseconds(250 << round)) }
            let before = ProcessResources.current
            let alive = try await makeAndStop(count)
            let after = ProcessResources.current
            let grown = Held(before, after, alive)
            least = least.map { $0.least(grown) } ?? grown
            guard let least, least.isSuspicious(count) else { return }
        }
        guard let least else { return }
        notes.report(
            "\(count) instances made and stopped leave at least \(least.descriptors) descriptors, "
                + "\(least.threads) threads and \(least.instances) instances")
    }

    /// Returns how many instances are still there; counted for classes only.
    private func makeAndStop(_ count: Int) async throws -> Int {
        if descriptor.kind == .indicator {
            for _ in 0..<count { _ = try makeIndicator(configuration()) }
            return 0
        }
        let place = try place()
        var seen: [WeakInstance] = []
        for _ in 0..<count {
            try await use((any Plugin).self, in: place) { instance, _ in
                if descriptor.kind != .model { try await exercise(instance) }
                if Swift.type(of: instance) is AnyObject.Type { seen.append(WeakInstance(instance as AnyObject)) }
            }
        }
        return seen.count { $0.object != nil }
    }
}

private struct WeakInstance {
    weak var object: AnyObject?

    init(_ object: AnyObject) { self.object = object }
}

/// What is held more than before.
private struct Held {
    var descriptors: Int
    var threads: Int
    var instances: Int

    init(_ before: ProcessResources?, _ after: ProcessResources?, _ alive: Int) {
        descriptors = (after?.descriptors ?? 0) - (before?.descriptors ?? 0)
        threads = (after?.threads ?? 0) - (before?.threads ?? 0)
        instances = alive
    }

    func least(_ other: Held) -> Held {
        var least = self
        least.descriptors = min(descriptors, other.descriptors)
        least.threads = min(threads, other.threads)
        least.instances = min(instances, other.instances)
        return least
    }

    func isSuspicious(_ count: Int) -> Bool { max(descriptors, threads, instances) >= count / 2 }
}
