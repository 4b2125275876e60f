import Rendering
import Testing

@Suite("Tables") struct TableTests {
  @Test func `Table: text is quoted where it must be, and no cell is a formula`() {
    var table = Table(["class", "n"])
    table.append([.text("a,\"b\"\nc"), .whole(1)])
    table.append([.text("=HYPERLINK(1)"), .number(0.1)])
    table.append([.text("γ′"), .number(.infinity)])
    table.append([.none, .flag(true)])
    #expect(
      String(decoding: table.csv, as: UTF8.self)
        == "class,n\n\"a,\"\"b\"\"\nc\",1\n'=HYPERLINK(1),0.1\nγ′,\n,true\n")
    #expect(
      table.json
        == #"[{"class":"a,\"b\"\u000ac","n":1},"# + "\n" + #"{"class":"=HYPERLINK(1)","n":0.1},"#
        + "\n" + #"{"class":"γ′","n":null},"# + "\n" + #"{"class":null,"n":true}]"#)
  }
}
