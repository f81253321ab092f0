import PluginKit

/// What an ELF file says of itself, read without running any of it; every offset is checked against the file's length.
struct ELFImage {
    /// A name in the table that the dynamic loader uses.
    struct Symbol {
        /// The name.
        let name: String
        /// Whether the file has it; else it needs it from others.
        let isDefined: Bool
    }

    /// The dynamic symbols.
    let symbols: [Symbol]

    private static let sectionLimit = 4_096
    private static let symbolLimit = 1_000_000

    /// Reads a shared library for this machine's architecture.
    ///
    /// - Parameter name: the file, as messages name it.
    init(_ bytes: [UInt8], name: String) throws(PluginFault) {
        try Self.checkHeader(bytes, name: name)
        guard let symbols = Self.symbols(ELFBytes(bytes)) else {
            throw PluginFault(
                .notALibrary,
                "\(name): its table of symbols is missing or damaged; allowed a shared library as `swift build` makes "
                    + "it. Build it again.")
        }
        self.symbols = symbols
    }

    /// Whether the file has a symbol.
    func defines(_ name: String) -> Bool { symbols.contains { $0.isDefined && $0.name == name } }

    /// Returns what follows a prefix in the symbols that the file needs from others.
    func needed(prefix: String) -> [String] {
        symbols.filter { !$0.isDefined && $0.name.hasPrefix(prefix) }.map { String($0.name.dropFirst(prefix.count)) }
    }

    private static func checkHeader(_ bytes: [UInt8], name: String) throws(PluginFault) {
        guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]), bytes.count >= 64 else {
            throw PluginFault(
                .notALibrary,
                "\(name): it is no ELF file; allowed a shared library (.so). Build the plugin and name "
                    + "its library.")
        }
        let elf = ELFBytes(bytes)
        let found = (bytes[4], bytes[5], elf.half(18) ?? 0)
        guard found == (2, 1, ELFMachine.own) else {
            let sort = "\(found.0 == 1 ? "32" : "64")-bit \(ELFMachine.name(found.2))"
            throw PluginFault(
                .wrongArchitecture,
                "\(name): it is built for \(sort)\(found.1 == 2 ? ", big-endian" : ""); this host runs on 64-bit "
                    + "\(ELFMachine.name(ELFMachine.own)). Build the plugin on such a machine.")
        }
        guard elf.half(16) == 3 else {
            throw PluginFault(
                .notALibrary,
                "\(name): it is an ELF file of type \(elf.half(16) ?? 0), not a shared library (3). Declare the "
                    + "product `.library(type: .dynamic)`.")
        }
    }

    private static func symbols(_ elf: ELFBytes) -> [Symbol]? {
        guard let start = elf.offset(40), let size = elf.half(58), size == 64, let count = elf.half(60),
            count <= sectionLimit, start + Int(count) * 64 <= elf.count
        else { return nil }
        for index in 0..<Int(count) {
            let section = start + index * 64
            guard let type = elf.word(section + 4) else { return nil }
            guard type == 11 else { continue }
            guard let link = elf.word(section + 40), link < UInt32(count),
                let table = elf.range(section), let names = elf.range(start + Int(link) * 64),
                table.count / 24 <= symbolLimit
            else { return nil }
            return stride(from: table.lowerBound + 24, to: table.upperBound - 23, by: 24).compactMap { place in
                guard let offset = elf.word(place), let section = elf.half(place + 6),
                    let name = elf.text(at: names.lowerBound + Int(offset), in: names)
                else { return nil }
                return Symbol(name: name, isDefined: section != 0)
            }
        }
        return nil
    }
}

/// Little-endian numbers and texts at checked places of a file.
private struct ELFBytes {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var count: Int { bytes.count }

    func half(_ place: Int) -> UInt16? { number(place, 2).map { UInt16(truncatingIfNeeded: $0) } }

    func word(_ place: Int) -> UInt32? { number(place, 4).map { UInt32(truncatingIfNeeded: $0) } }

    /// A 64-bit number that is a place in the file.
    func offset(_ place: Int) -> Int? {
        number(place, 8).flatMap { $0 <= UInt64(bytes.count) ? Int($0) : nil }
    }

    /// The bytes of a section, from its header.
    func range(_ section: Int) -> Range<Int>? {
        guard let start = offset(section + 24), let size = offset(section + 32), size <= bytes.count - start else {
            return nil
        }
        return start..<(start + size)
    }

    /// The text up to its zero byte.
    func text(at place: Int, in range: Range<Int>) -> String? {
        guard range.contains(place), let end = bytes[place..<range.upperBound].firstIndex(of: 0) else { return nil }
        return String(decoding: bytes[place..<end], as: UTF8.self)
    }

    private func number(_ place: Int, _ count: Int) -> UInt64? {
        guard place >= 0, place <= bytes.count - count else { return nil }
        return bytes[place..<(place + count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Processors as ELF numbers them.
private enum ELFMachine {
    #if arch(x86_64)
    static let own: UInt16 = 62
    #elseif arch(arm64)
    static let own: UInt16 = 183
    #else
    static let own: UInt16 = 0
    #endif

    static func name(_ number: UInt16) -> String {
        let names: [UInt16: String] = [3: "x86", 40: "ARM", 62: "x86_64", 183: "AArch64", 243: "RISC-V"]
        return names[number] ?? "machine \(number)"
    }
}
