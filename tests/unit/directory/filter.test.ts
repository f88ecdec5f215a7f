import assert from "node:assert/strict";
import { edgeFilter } from "../../../provider/directory";

describe("directory filters", () => {
  it("escapes hostile names", () => {
    const role = "(msExchCurrentServerRoles:1.2.840.113556.1.4.803:=64)";
    assert.equal(edgeFilter(), `(&(objectClass=msExchExchangeServer)${role})`);
    assert.equal(edgeFilter("EDGE01"), `(&(objectClass=msExchExchangeServer)${role}(cn=EDGE01))`);
    assert.equal(edgeFilter("*)(cn=\\\u0000"), `(&(objectClass=msExchExchangeServer)${role}(cn=\\2a\\29\\28cn=\\5c\\00))`);
  });
});
