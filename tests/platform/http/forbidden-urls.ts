/** Addresses that lead to this machine, in spellings that URL parsers, browsers and libraries are known to accept. */
export const loopbackUrls = (port: number): string[] =>
  [
    '127.0.0.1', '127.1', '127.0.1', '127.0.0.2', '127.255.255.254', '0', '0.0.0.0', '00.0.0.0', '2130706433', '017700000001', '0177.0.0.1',
    '0177.0.0.01', '0177.1', '0x7f.0.0.1', '0x7f.1', '0x7f000001', '0X7F000001', '0x7f.0x0.0x0.0x1', '00000177.0.0.1', '127.0.0.1.', '0x7f.1.',
    'localhost', 'LOCALHOST', 'localhost.', 'LocalHost', 'loc%61lhost', '%31%32%37.0.0.1', '127%2e0%2e0%2e1', '127.0.0.1%2e',
    '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[0000:0000:0000:0000:0000:0000:0000:0001]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]', '[0:0:0:0:0:ffff:7f00:0001]', '[64:ff9b::127.0.0.1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', '①②⑦.⓪.⓪.①', '127。0。0。1', '127.0.0.1\u3002', 'localho\u017ft', '\uff11\uff12\uff17.0.0.1',
    'user@127.0.0.1', 'user:pass@127.0.0.1', 'api.example.com@127.0.0.1', 'api.example.com:443@127.0.0.1', 'api.example.com%40@127.0.0.1',
    'api.example.com#@127.0.0.1', 'api.example.com\\@127.0.0.1', '127.0.0.1\\@api.example.com', '127.0.0.1#@api.example.com', '127.0.0.1?@api.example.com',
    '127.0.0.1/api.example.com', '\t127.0.0.1', '127.0\n.0.1', '127.0.0.1\r', ' 127.0.0.1',
  ].flatMap((host) => [`http://${withPort(host, port)}/`, `https://${withPort(host, port)}/`]);

/** Private networks, cloud metadata, other schemes, other hosts. */
export const otherUrls: string[] = [
  'https://10.0.0.1/', 'https://10.255.255.255/', 'https://172.16.0.1/', 'https://172.31.255.255/', 'https://192.168.0.1/', 'https://192.168.255.255/',
  'https://100.64.0.1/', 'https://100.100.100.200/', 'https://169.254.169.254/latest/meta-data/', 'https://0xa9fea9fe/', 'https://2852039166/',
  'https://0251.0376.0251.0376/', 'https://169.254.43518/', 'https://[::ffff:169.254.169.254]/', 'https://[::ffff:a9fe:a9fe]/', 'https://[fd00:ec2::254]/',
  'https://[fe80::1]/', 'https://[fc00::1]/', 'https://[ff02::1]/', 'https://[fec0::1]/', 'https://[100::1]/', 'https://[2001:db8::1]/', 'https://[3fff::1]/',
  'https://168.63.129.16/', 'https://192.0.0.192/', 'https://192.0.2.1/', 'https://198.18.0.1/', 'https://198.51.100.1/', 'https://203.0.113.1/',
  'https://224.0.0.1/', 'https://240.0.0.1/', 'https://255.255.255.255/', 'https://012.0.0.1/', 'https://0xa.0.0.1/', 'https://167772161/',
  'https://metadata.google.internal/', 'https://metadata/', 'https://intranet/', 'https://evil.test/', 'https://api.example.com.evil.test/',
  'https://evilapi.example.com/', 'https://api.example.com./', 'https://api.example.co/', 'https://apiexample.com/', 'https://example.com/',
  'https://deep.below.test.evil.test/', 'https://below.test/', 'https://.below.test/', 'https://xbelow.test/', 'https://аpi.example.com/',
  'https://api.example.com:8443/', 'https://api.example.com:80/', 'https://user@api.example.com/', 'https://user:key@api.example.com/',
  'http://api.example.com/', 'http:api.example.com/', 'ftp://api.example.com/', 'file:///etc/passwd', 'gopher://127.0.0.1/', 'data:text/plain,x',
  'javascript:alert(1)', 'unix:/var/run/docker.sock', 'blob:https://api.example.com/x', '//api.example.com/', '/v2/api/', '', 'https://', 'https:///',
  'https://[::1', 'https://api.example.com\n.evil.test/', 'https://api.exam\tple.com/', 'https:\\\\api.example.com\\', 'https://api.example.com\u0000.evil.test/',
];

/** The port belongs behind the host proper, before anything that is glued on to confuse. */
function withPort(host: string, port: number): string {
  const tail = /^(127\.0\.0\.1)([\\#?/].*)$/.exec(host);
  return tail ? `${tail[1]}:${port}${tail[2]}` : `${host}:${port}`;
}
