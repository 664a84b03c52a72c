/**
 * Passwords that are guessed first and are long enough to pass the length rule, in lower case. A short table on purpose:
 * the length and the cost of argon2id carry the load, this only takes the very first guesses away.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `password password1 password12 password123 password1234 password! password1! passw0rd p@ssword p@ssw0rd pa55word
  passwort passwort1 motdepasse contraseña 12345678 123456789 1234567890 12345678910 0123456789 87654321 987654321
  0987654321 11111111 111111111 1111111111 00000000 000000000 0000000000 22222222 55555555 66666666 77777777 88888888
  99999999 12341234 123123123 12312312 123321123 11223344 1122334455 112233445566 13131313 12121212 10101010 69696969
  qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc qazwsxedc
  zaq12wsx zxcvbnm1 asdfghjk asdfghjkl asdfasdf zxcvzxcv q1w2e3r4 q1w2e3r4t5 1234qwer qwer1234 asdf1234 abcd1234
  abc12345 abc123456 a1b2c3d4 a1234567 a12345678 a123456789 aa123456 aa12345678 abcdefgh abcdefghi abcd12345 aaaaaaaa
  iloveyou iloveyou1 iloveyou2 trustno1 sunshine sunshine1 princess princess1 football football1 baseball baseball1
  basketball superman superman1 batman123 starwars starwars1 pokemon1 pokemon123 michelle michael1 jennifer jessica1
  charlie1 computer internet whatever welcome1 welcome12 welcome123 letmein1 letmein123 letmeinnow changeme changeme1
  changeme123 changeit administrator admin123 admin1234 admin12345 admin123456 adminadmin rootroot root1234 toor1234
  test1234 test12345 testtest testing1 testing123 guest123 default1 temp1234 temppass secret123 secretsecret
  dragon12 dragon123 monkey12 monkey123 shadow12 shadow123 master12 master123 killer123 hello123 hellohello
  corvette mercedes einstein elephant victoria maverick midnight security benjamin samantha jonathan alexander
  bitcoin1 ethereum ethereum1 blockchain stellar1 stellar123 satoshi1 nakamoto hodlhodl`.split(/\s+/),
)
