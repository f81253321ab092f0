import HostCore
import HostGateway
import PluginKit

extension VersionDesk {
    /// What the gateway needs of it; fits are asked for of the host that runs.
    func control(_ host: Host) -> VersionControl {
        VersionControl(
            list: { SortedJSON.bytes(try await answer(.list($0))) },
            show: { place, numbers in
                SortedJSON.bytes(
                    try await answer(.show(model: place.model, pipeline: place.pipeline, numbers: numbers)))
            },
            card: { place, number in try await card(place.model, place.pipeline, number) },
            file: { place, number in try await export(place.model, place.pipeline, number).bytes },
            take: { bytes, place, by, reason in
                SortedJSON.bytes(
                    try await take(
                        ModelFile(bytes, from: "the body"), as: place.model, in: place.pipeline, by: by, reason: reason)
                )
            },
            split: { place in SortedJSON.bytes(try await split(of: place.model, place.pipeline)) },
            share: { place, shares, slot, by, reason in
                let wish = SplitWish(
                    shares: try SplitWish.shares(shares, between: ":"), slot: slot, by: by, reason: reason)
                return SortedJSON.bytes(try await split(place.model, place.pipeline, wish))
            },
            move: { place, number, stage, wish in
                SortedJSON.bytes(
                    try await answer(
                        .move(
                            model: place.model, pipeline: place.pipeline, number, to: stage, champion: wish.champion,
                            by: wish.by, reason: wish.reason)))
            },
            rollback: { place, number, wish in
                SortedJSON.bytes(
                    try await answer(
                        .rollback(
                            model: place.model, pipeline: place.pipeline, to: number, champion: wish.champion,
                            by: wish.by, reason: wish.reason)))
            },
            fit: { [weak host] place, isSearch, by, reason in
                guard let host else { throw PluginError(.cancelled, "host: it is stopping.") }
                return SortedJSON.bytes(
                    try await host.askFit(
                        place.model, place.pipeline, isSearch: isSearch, by: by, reason: reason))
            },
            fitted: { [weak host] place in
                guard let host else { throw PluginError(.cancelled, "host: it is stopping.") }
                return SortedJSON.bytes(try host.fitReport(place.model, place.pipeline))
            })
    }
}
