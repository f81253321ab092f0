/// The folders of the faulty plugins in Swift, as a library of the dynamic tier.
enum FaultyLibrary {
    private static let kinds = [
        (
            "provider/faulty_push",
            "provider: { fetches: [bar], streams: [bar], is_replay: false, needs_network: false }"
        ),
        ("provider/faulty_pull", "provider: { fetches: [bar], streams: [], is_replay: false, needs_network: false }"),
        ("sink/faulty", "accepts: [bars]"),
        ("indicator/faulty", "outputs: { value: { summary: Bars so far. } }"),
        ("model/faulty", "outputs: { value: { summary: The mean. } }"),
    ]

    /// Installs them.
    static func install(_ box: Sandbox) async throws {
        for (number, (id, gives)) in kinds.enumerated() {
            let folder = "source/\(number)"
            try box.makeFolder("\(folder)/lib")
            try box.copy("\(Program.folder)/libFaultyPlugins.so", to: "\(folder)/lib/libFaultyPlugins.so")
            try box.write(manifest.replacing("ID", with: id) + gives + "\n", to: "\(folder)/plugin.yaml")
            let installed = try await box.run("plugins", "install", folder, "--yes")
            guard installed.code == 0 else { throw Failure(installed.err) }
        }
    }

    private static let manifest = """
        id: ID
        version: 1.0.0
        summary: Breaks as it is told.
        stability: stable
        tier: dynamic
        library: lib/libFaultyPlugins.so
        options:
          call: { type: text, required: true, summary: Which call breaks. }
          fault: { type: text, required: true, summary: How. }
          when: { type: text, required: true, summary: When. }

        """
}
