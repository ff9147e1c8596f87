/** Public DKIM keys as TXT records hold them. Nobody has kept their private halves. */
export const publicKeys = {
  rsa512:
    'MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALeJgdWkO6NPx5+alUiPXJMAYq6N+QbGYa5pr09ns2rruHPb4OzqLwfD' +
    'WnQdat/sG6uy6yT6ogOHPTxfeJILvUECAwEAAQ==',
  rsa1024:
    'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDhgNPXb4fRVvUzpsSOK0k8g9jP50iOwSl3TySasFeU7urs6nUN' +
    'wfVsetnAkHJ3L0/2ds1iFw2aPwUvy9K8KbkzsesN4mER9Kn/jshojmaDlcZzA0vt7FdYpdl56UlsRfUuH03tdnQM' +
    'AwyZMLW1tfBIAgNgsBRjL5ltAuJ4CI2T8QIDAQAB',
  rsa2048:
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzJeN2kJyC4wciJtaXjdM/uOeBrYjLQm2f7G1RU3OjKnh' +
    'OZ1+0CHHxnmamtZbiGfc0UjqM5Fi2AoHuHGinibBdZ73kv9QEfkzFXXtG0WCPglw28lMI+xrNKtnkcsqV98Oc8gG' +
    '3gBTaFfG/74bnvDUVhj7Tr7hhIyAwDDSn6a/br3ndElm/bOmEduuqaoGCHdUwYcr1DopdtYwSW+jqw9q3Sz1aatu' +
    'f9BEonlNCayebNA2ImtTSpa/DpEO6VyzfFdA2GQlvUIpIZb8G/eF3UOvNOoRKYkCjl18VcuGk/eCJgiRWrnzjUmY' +
    'IcBlWELjKHWfdIRU/9uMExrqwDoh6V3JtwIDAQAB',
  /** The bare RSA key, without the wrapping that says so. */
  rsa2048Bare:
    'MIIBCgKCAQEAtB4lcFGOB8KzMpIU9Nkl0qFqhCB1qgRL4kuSvkCP+bVCPbruvU/iGtHQIwcVWZMeJ3gobiDi+j9i' +
    'PVH1ErunME4BSr6Dk743cdVkiZNaaAmjRE9QsNPXE/I9b6hym7nERMYZqYgqC5wgXXgacrC9GOULlkxHGIspHVLp' +
    'B+bX0EGeUXH5jM3olVXXLribhGdS0eS0UgWvZmKYU5KNYwi71r2erJeMf37JfQ01JuguoL3O5toQ8pPFFrzcBD50' +
    'Po3GliLVxof0O5P3W/U6U3x5YBKtF2XyGsFVw28XicDT+z0HQTvyXKwQBAe5KubC1GxmTW8g+6VUTLE6GxcdZ8XC' +
    'jwIDAQAB',
  ed25519: '6wzbbfdNSwd2/8y/GW5IreK8yg8lSMY2B9YoVKDYUws=',
} as const;

/** A key record; `flags` such as `t=y; ` go before the key. */
export function keyRecord(key: keyof typeof publicKeys, flags = ''): string {
  return `v=DKIM1; k=${key === 'ed25519' ? 'ed25519' : 'rsa'}; ${flags}p=${publicKeys[key]}`;
}
