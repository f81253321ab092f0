import HostCore
import HostManifest
import HostSecurity
import HostTraining
package import PluginKit
import PredictionTargets

/// That versions are to share the rows of a model.
package struct SplitWish: Sendable, Hashable {
    /// The share of each version, the champion's among them; empty where the champion is to serve all rows.
    package let shares: [(version: Int, share: Double)]
    /// Nanoseconds of a slot; 0 where instruments are drawn.
    package let slot: Int64
    /// Who, and why.
    package let by, reason: String

    /// Creates a wish.
    package init(shares: [(version: Int, share: Double)], slot: Int64, by: String, reason: String) {
        (self.shares, self.slot, self.by, self.reason) = (shares, slot, by, reason)
    }

    /// Reads `3=0.8` parts; throws `.badRequest` for what is none.
    package static func shares(_ parts: [String], between mark: Character) throws(PluginError) -> [(Int, Double)] {
        var shares: [(Int, Double)] = []
        for part in parts {
            let words = part.split(separator: mark, omittingEmptySubsequences: false)
            guard words.count == 2, let version = Int(words[0]), let share = Double(words[1]), share > 0, share < 1
            else {
                throw PluginError(
                    .badRequest,
                    "models split: \(PluginError.quoted(part)) is no share; allowed is VERSION\(mark)SHARE with a share between 0 and 1, "
                        + "as 3\(mark)0.8.")
            }
            shares.append((version, share))
        }
        return shares
    }

    package static func == (left: SplitWish, right: SplitWish) -> Bool {
        left.shares.elementsEqual(right.shares, by: ==) && left.slot == right.slot
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(slot) }
}

extension VersionDesk {
    /// Returns how the rows of a model are shared, and how the versions compare.
    package func split(of model: String, _ pipeline: String?) async throws(PluginError) -> SplitReport {
        let key = VersionKey(model, in: try await self.pipeline(of: model, pipeline), 0)
        let metric = manifest().models.first { $0.instance.id == model }?.promotion?.metric ?? .squaredError
        guard let split = try await store.split(of: model, in: key.pipeline) else {
            return SplitReport(key, nil, metric: metric.rawValue, after: nil, [])
        }
        let changes = try await store.stageChanges(of: model, in: key.pipeline, limit: .max)
        let after = changes.first { $0.sequence == split.sequence }?.after
        let rows = try await evidence?.served(model, in: key.pipeline, after: after ?? .min) ?? []
        let found = SplitComparison(rows, split, by: metric)
        return SplitReport(key, split, metric: metric.rawValue, after: after, found.arms)
    }

    /// Lets versions share the rows of a model, or the champion serve all of them again; takes effect at once where it runs.
    ///
    /// Throws `.badRequest` for shares that do not add up, leave out the champion or name what cannot serve.
    package func split(
        _ model: String, _ pipeline: String?, _ wish: SplitWish
    ) async throws(PluginError) -> SplitReport {
        let place = try await self.pipeline(of: model, pipeline)
        let query = VersionQuery(model: model, pipeline: place, stage: .champion)
        let champion = try await store.versions(query).first?.key.number ?? 0
        let running = self.running(model, place)
        try check(wish, model, champion)
        for (number, _) in wish.shares where number != champion {
            let version = try await version(VersionKey(model, in: place, number))
            _ = try await check(version, .champion, running?.plan)
        }
        let arms = wish.shares.filter { $0.version != champion }.map { ModelSplit.Arm($0.version, share: $0.share) }
        try await store.split(
            SplitOrder(
                model, in: place, arms: arms, slot: wish.slot, champion: champion, by: wish.by, reason: wish.reason))
        if let running { try await apply(VersionKey(model, in: place, champion), nil, running) }
        let shares = wish.shares.map { "version \($0.version) serves \($0.share)" }.joined(separator: ", ")
        await log(
            AuditEntry.Event(
                "version.split", "model/\(model) in pipeline/\(place)", old: nil,
                new: shares.isEmpty ? "version \(champion) serves all rows" : shares, reason: wish.reason), wish.by)
        return try await split(of: model, place)
    }

    /// Whether shares add up, and are of a model whose rows can be shared.
    private func check(_ wish: SplitWish, _ model: String, _ champion: Int) throws(PluginError) {
        guard !wish.shares.isEmpty else { return }
        func fail(_ what: String) -> PluginError {
            PluginError(.badRequest, "models: split of model/\(model): \(what)")
        }
        let numbers = wish.shares.map(\.version)
        let sum = wish.shares.reduce(0) { $0 + $1.share }
        guard abs(sum - 1) < 1e-9 else {
            throw fail("the shares add up to \(ResultTable.fixed(sum, 6)); allowed is 1.")
        }
        guard Set(numbers).count == numbers.count else { throw fail("a version has two shares; allowed is one.") }
        guard numbers.contains(champion) else {
            throw fail("version \(champion) serves and has no share. Give it one, or promote another version first.")
        }
        guard numbers.count <= PromotionScheme.mostShadows + 1 else {
            throw fail(
                "\(numbers.count) versions are to share its rows; allowed are \(PromotionScheme.mostShadows + 1).")
        }
        let declared = manifest().models.first { $0.instance.id == model }
        if declared?.instance.descriptor.learns == true {
            throw fail(
                "it goes on learning from all its rows, which cannot be shared. Promote a version, or let it shadow.")
        }
    }
}
