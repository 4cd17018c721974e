import Testing

@testable import API

@Suite struct HeaderParametersTests {
    @Test func readsTokensAndQuotedStrings() {
        let parsed = HeaderParameters(#"Form-Data; name="a;b \" c"; Filename=x.pdf;n2="C:\dir\f.pdf" "#)
        #expect(parsed?.value == "form-data")
        #expect(parsed?.parameters == ["name": "a;b \" c", "filename": "x.pdf", "n2": #"C:\dir\f.pdf"#])
        #expect(HeaderParameters("application/json;")?.parameters == [:])
    }

    @Test(arguments: ["", ";a=b", "x; =b", "x; a", "x; a=", "x; a=\"b", "x; a=\"b\"c", "x; a=1; A=2", "x; \"a\"=1"])
    func refuses(text: String) {
        #expect(HeaderParameters(text) == nil)
    }
}
