/// What every new plugin in Swift has; `@NAME@`, `@TYPE@`, `@MODULE@`, `@KIND@` and `@KIT@` are filled in.
enum SwiftTexts {
    static let package = #"""
        // swift-tools-version: 6.2
        import PackageDescription

        let settings: [SwiftSetting] = [
            .swiftLanguageMode(.v6),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
        ]

        let kit: Target.Dependency = .product(name: "PluginKit", package: "PluginKit")

        let package = Package(
            name: "@NAME@",
            products: [.library(name: "@MODULE@", type: .dynamic, targets: ["@MODULE@"])],
            dependencies: [.package(name: "PluginKit", path: "@KIT@")],
            targets: [
                .target(name: "@MODULE@", dependencies: [kit], swiftSettings: settings),
                .testTarget(name: "@MODULE@Tests", dependencies: ["@MODULE@", kit], swiftSettings: settings),
            ]
        )

        """#

    static let entry = #"""
        import PluginKit

        /// The library's entry: named after `lib@MODULE@.so`.
        @c(penstock_plugin_@MODULE@) public func entry() -> UnsafeMutableRawPointer {
            exportPlugins(.@KIND@(@TYPE@.self))
        }

        """#

    /// Recipes begin with a tab, which `@TAB@` stands for.
    static let makefile = #"""
        # `make` builds lib/lib@MODULE@.so, which plugin.yaml names.
        lib/lib@MODULE@.so: $(shell find Sources -name '*.swift') Package.swift
        @TAB@swift build -c release --product @MODULE@
        @TAB@mkdir -p lib
        @TAB@cp .build/release/lib@MODULE@.so lib/

        test: lib/lib@MODULE@.so
        @TAB@swift test
        @TAB@penstock plugins test .

        .PHONY: test

        """#

    static let ignored = """
        .build/
        lib/
        var/
        plugins/
        Package.resolved

        """

    static let readme = """
        # @KIND@/@NAME@

        @ABOUT@

        ```
        make                                        builds the library
        swift test                                  the tests of its parts
        penstock plugins test .                     the conformance suite; bronze, silver or gold
        penstock plugins lock --config plugins.yaml accepts the library as it is now
        penstock run --once --config plugins.yaml   runs it over data/IBM.csv, without a network
        ```

        | File | |
        |---|---|
        | `Sources/@MODULE@/` | the plugin; begin in `@TYPE@.swift` |
        | `Tests/` | what is special about it |
        | `plugin.yaml` | what a host reads before it runs anything; after a change of the descriptor: `penstock plugins describe .` |
        | `conformance.yaml` | what `penstock plugins test` runs it with |
        | `plugins.yaml` | a host with this plugin, to try it |
        | `data/IBM.csv` | real daily bars: `seconds,open,high,low,close,volume` |

        To use it in a host of yours: `penstock plugins install .`, then name it in that host's `plugins.yaml`.

        """
}
