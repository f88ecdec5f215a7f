/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "3566009f6a79138928751c87495eeb0531ccd2b1de996b058823d388bf317037";
