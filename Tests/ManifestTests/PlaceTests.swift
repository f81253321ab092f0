import Glibc
import HostManifest
import TestSupport
import Testing

/// Sinks that write over each other, over the data or over the host's state.
@Suite struct PlaceTests {
    @Test(arguments: [
        ("{ a: { plugin: sqlite, path: out/r.db }, b: { plugin: sqlite, path: ./out//r.db } }", "where sink/a writes"),
        ("{ a: { plugin: sqlite, path: data } }", "what provider/history reads"),
        ("{ a: { plugin: sqlite, path: ../nonexistent/data } }", "what provider/history reads"),
        ("{ a: { plugin: sqlite, path: data/AAPL.csv } }", "a file among those that provider/history reads"),
        ("{ a: { plugin: sqlite, path: var/penstock.db } }", "the host's own database"),
    ])
    func refusesAPlaceThatIsTaken(sinks: String, words: String) {
        let texts = faults(manifest(sinks: sinks))
        #expect(texts.count == 1 && texts[0].contains(words), "\(texts)")
    }

    @Test func seesThroughLinks() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "true/a.txt")
        symlink("\(folder.path)/true", "\(folder.path)/link")
        let texts = faults(
            manifest(
                sinks:
                    "{ a: { plugin: sqlite, path: \(folder.path)/true/r.db }, b: { plugin: sqlite, path: \(folder.path)/link/r.db } }"
            ))
        #expect(texts.count == 1 && texts[0].contains("where sink/a writes"), "\(texts)")
    }

    @Test(arguments: [
        "{ a: { plugin: sqlite, path: out/a.db }, b: { plugin: sqlite, path: out/b.db } }",
        "{ a: { plugin: sqlite, path: out/a.db }, b: { plugin: sqlite, path: out/a.db, enabled: false } }",
    ])
    func takesPlacesThatDiffer(sinks: String) {
        #expect(faults(manifest(sinks: sinks)).isEmpty)
    }

    @Test func warnsOfAPlaceBelowTheData() {
        let result = load(manifest(sinks: "{ a: { plugin: sqlite, path: data/out.db } }"))
        #expect(result.faults.isEmpty)
        #expect(result.warnings.map(\.text).contains { $0.contains("below what provider/history reads") })
    }
}
