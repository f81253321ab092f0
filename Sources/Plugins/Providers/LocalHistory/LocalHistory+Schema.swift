import PluginKit

extension LocalHistory {
    static let schema = ConfigurationSchema([
        .path("path", isRequired: true, "File with all instruments, or folder with one file per instrument."),
        .text(
            "file_pattern",
            "Name of an instrument's file in the folder, with {symbol}, {code}, {venue}; without it CODE.VENUE.csv, "
                + "CODE.csv and VENUECODE.csv are tried, each also with .gz, upper or lower case."),
        ConfigurationOption(
            "columns", .record(columns),
            "Which column holds what: its name, or its number from 1; common names are known."),
        .boolean("header", default: true, "Whether the first row names the columns."),
        .choice("encoding", TextEncodingName.all, default: "utf-8", "How the bytes are meant; GBK is part of gb18030."),
        .text("delimiter", default: ",", "Character between two fields, or the word tab."),
        .text(
            "date_format", default: "auto",
            "How times are written: auto, iso8601, epoch_s, epoch_ms, epoch_us, epoch_ns or a pattern (yyyy-MM-dd)."),
        .text(
            "time_zone",
            "IANA name of the zone of local times; default by venue: America/New_York, Asia/Shanghai, Asia/Hong_Kong, "
                + "else UTC."),
        .text(
            "session_close",
            "Local time, HH:MM, at which a bar with only a date ends; default by venue: US 16:00, SH SZ BJ 15:00, "
                + "HK 16:00, else 24:00."),
        .choice(
            "time_is", ["end", "start"], default: "end",
            "Which end of its span a bar's time marks; of a week or month its first or last day."),
        .choice(
            "volume_unit", VolumeUnit.allCases.map(\.rawValue), default: "shares", "What volume is counted in."),
        .integer("lot_size", 1...1_000_000, default: 100, unit: "shares", "Shares in a lot, for volume_unit lots."),
        .number(
            "price_scale", 1e-12...1e12, default: 1, "What prices are multiplied by: 0.0001 where 12.34 is 123400."),
        .number(
            "amount_unit", 1e-12...1e12, default: 1, "What amounts are multiplied by: 1000 where they are in thousands."
        ),
        .choice(
            "adjust", ["none", "ratio"], default: "none",
            "ratio multiplies prices by adjusted_close / close and divides volume by it."),
        .text(
            "pace", default: "full", "Speed of the stream: full, N times real time (60x), or a span per time step (1s)."
        ),
        .integer("batch", 1...4_096, default: 1_024, unit: "bars", "Bars pushed at once, at most."),
    ])

    private static let columns = ConfigurationSchema(
        BarColumn.allCases.map { .text($0.rawValue, $0.summary) })
}
