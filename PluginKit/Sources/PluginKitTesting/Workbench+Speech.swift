import PluginKit

// What a plugin said during the whole run: these checks come last and read it all.
extension Workbench {
    var speechChecks: [ConformanceCheck] {
        [
            ConformanceCheck("secrets", .configuration) { try await checkSecrets($0) },
            ConformanceCheck("errors", .configuration) { checkErrors($0) },
        ]
    }

    /// A secret is in no line of the log, in no message and in nothing published.
    private func checkSecrets(_ notes: ConformanceNotes) async throws {
        let marker = "marker-7f3a9c1e5b"
        var changes: [String: ConfigurationValue?] = [:]
        for option in descriptor.schema.options where option.type == .secret {
            changes[option.name] = .secret(Secret(marker))
        }
        guard !changes.isEmpty else { throw NotChecked.notApplicable("it has no option that is a secret") }
        guard descriptor.kind != .indicator else { return notes.report("an indicator has no use for a secret") }
        let place = try place()
        for fault in plugin.validate(configuration(changes)) { heard.note(text: fault.message) }
        _ = await fault {
            try await use((any Plugin).self, changes, in: place) { instance, _ in
                try await instance.probe()
                try await exercise(instance)
            }
        }
        if let unavailable = sample.unavailable {
            let away = changes.merging(unavailable.mapValues { Optional($0) }) { _, new in new }
            _ = await fault {
                try await use((any Plugin).self, away, in: place) { instance, _ in
                    try await instance.probe()
                    try await exercise(instance)
                }
            }
        }
        let published = place.outside.published.map { String(decoding: $0.bytes, as: UTF8.self) }
        // The host masks what comes from a process of its own; the plugin showed it all the same.
        for text in heard.texts + published where text.contains(marker) || text.contains("<masked secret>") {
            notes.report("a secret is shown: \(text.replacing(marker, with: "<the secret>").prefix(200))")
        }
    }

    /// Every error has a code of the kit and one line of text.
    private func checkErrors(_ notes: ConformanceNotes) {
        for fault in heard.faults {
            notes.expect(
                Self.codes.contains(fault.code),
                "'\(fault.code)' is no code of the kit: \(fault.message.prefix(200))")
            notes.expect(
                !fault.message.isEmpty && !fault.message.utf8.contains(0x0A),
                "the message of a .\(fault.code) is empty or has several lines: '\(fault.message.prefix(200))'")
        }
    }

    private static let codes: Set<PluginError.Code> = [
        .rateLimited, .banned, .auth, .permission, .notFound, .noData, .badRequest, .malformed, .transient, .stale,
        .quality, .unsupported, .cancelled, .configuration, .environment, .corrupted,
    ]
}
