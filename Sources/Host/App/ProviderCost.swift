import HostCore
package import HostManifest
import PluginKit

/// What asking a provider costs: now, and over a day in which it alone serves the routes that it stands in.
package struct ProviderCost: Sendable, Encodable {
    /// Requests that a probe sent, those for cookies and keys among them; 0 where it needs no network.
    package let requests: Int
    /// Requests of a day of polls, at most; `nil` where nothing is polled.
    package let polled: Int?
    /// Requests that `limits` allow a day; `nil` for any number.
    package let allowed: Int?
    /// What the source itself allows, in words; empty where it says nothing.
    package let terms: String

    /// Reads it off a manifest and a probe that sent so many requests, where it said so.
    package init(of provider: ProviderDeclaration, in manifest: Manifest, sent: Int) {
        let capabilities = provider.instance.descriptor.provider
        allowed = provider.limits.perDay
        guard capabilities?.needsNetwork ?? true else {
            (requests, polled, terms) = (0, nil, "")
            return
        }
        requests = max(1, sent)
        terms = capabilities?.rateLimit ?? ""
        let all = manifest.pipelines.flatMap { pipeline in
            ([pipeline.drivingInput] + pipeline.inputs).compactMap { input in
                Self.polls(input, of: pipeline.instruments.count, at: provider, in: manifest)
            }
        }
        polled = all.isEmpty ? nil : all.reduce(0, +)
    }

    /// Requests a day of what a pipeline takes from a provider; `nil` where it does not, or is pushed.
    private static func polls(
        _ input: InputDeclaration, of instruments: Int, at provider: ProviderDeclaration, in manifest: Manifest
    ) -> Int? {
        let (id, kind) = (provider.instance.id, input.sourceKind)
        guard let route = manifest.route(input.route), route.providers.contains(id) else { return nil }
        let isPushed = provider.instance.descriptor.provider?.streams.contains(kind) ?? false
        guard PullPlan.kinds.contains(kind),
            route.consent.isAsked(for: kind) || !isPushed || route.providers.first != id
        else { return nil }
        let interval = route.poll ?? PullPlan.usualInterval(input.sourceTimeframe, of: kind)
        return instruments * Int((Duration.seconds(86_400) / interval).rounded(.up))
    }

    /// The same in words.
    package var text: String {
        guard requests > 0 else { return "nothing" }
        let day = polled.map { "; polls: at most \($0) a day" + (allowed.map { ", limits allow \($0)" } ?? "") } ?? ""
        return "\(requests) request\(requests == 1 ? "" : "s")" + (terms.isEmpty ? "" : " (\(terms))") + day
    }
}
